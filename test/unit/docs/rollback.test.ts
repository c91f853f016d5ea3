/** What docs/rollback.md shows is what keyroller takes and says. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { FAULTS } from '../../../src/core/errors.ts'
import { stage } from '../cli/stage.ts'
import { DAY_MS, NOW_MS } from '../x509/authority.ts'

const page = readFileSync(new URL('../../../docs/rollback.md', import.meta.url), 'utf8')

const commands = [...page.matchAll(/^ {4}keyroller (rollback .*?)(?: +#.*)?$/gm)].map(
  ([, command = '']) => command,
)

test('shows every way to call it', () => {
  expect(commands).toEqual([
    'rollback --list certificate/web',
    'rollback certificate/web',
    'rollback certificate/web --to 4a11',
  ])
})

test.each(commands)('%s is understood', async (command) => {
  const { keyroller, keep } = await stage()
  await keep()
  const { stderr, exit } = await keyroller(`${command} --log human`)
  expect(stderr).not.toContain('keyroller --help')
  expect(exit).toBe(command.includes('4a11') ? 2 : 0)
})

describe('quotes what is said', () => {
  const quoted = [...page.matchAll(/^```\n(.*)\n```$/gm)].map(([, line = '']) => line)

  test('of a material that stays', async () => {
    const { keyroller, keep } = await stage()
    await keep()
    await keyroller('rollback web --log human')
    const [said] = (await keyroller('plan web')).stdout.split('\n')
    expect(quoted).toContain(said?.replace('S2', '5b22'))
  })

  test('of files of other tools', async () => {
    const { keyroller } = await stage({
      web: { notBeforeMs: NOW_MS - 21 * DAY_MS, notAfterMs: NOW_MS + 9 * DAY_MS },
    })
    const said = (await keyroller('plan web')).stdout.split('\n').find((line) => line.includes('install'))
    expect(quoted).toContain(said?.replace(/^ *\d+\. /, ''))
  })
})

test('names faults that there are', () => {
  const named = [...page.matchAll(/^\| `([a-z-]+)`/gm)].map(([, code]) => code)
  expect(named).toEqual(expect.arrayContaining(['kept-missing', 'kept-unfit']))
  expect(named.filter((code) => !Object.keys(FAULTS).includes(String(code)))).toEqual([])
})

test('shows a configuration that says what it is without being said', async () => {
  const section = /^```toml\n(\[previous\]\n[\s\S]*?)```$/m.exec(page)?.[1] ?? ''
  const { keyroller, configure, keep } = await stage()
  await keep()
  const said = await keyroller('rollback --list web')
  configure((text) => `${text}\n${section}`)
  expect(await keyroller('rollback --list web')).toEqual(said)
  expect((await keyroller('config check')).exit).toBe(0)
})
