/** What docs/push.md shows is what keyroller takes and says. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { RENEWAL_CHECKS } from '../../../src/core/deciding/renewal.ts'
import { JUDGEMENTS } from '../../../src/core/judgement.ts'
import { PUSH_REASONS, readClaims } from '../../../src/core/push/key-push.ts'
import { stage } from '../cli/stage.ts'

const page = readFileSync(new URL('../../../docs/push.md', import.meta.url), 'utf8')
const unit = (name: string) => readFileSync(new URL(`../../../systemd/${name}`, import.meta.url), 'utf8')

const commands = [...page.matchAll(/^ {4}keyroller (adopt.*?)(?: +#.*)?$/gm)].map(
  ([, command = '']) => command,
)

test('shows every way to call it', () => expect(commands).toEqual(['adopt', 'adopt certificate/web']))

test.each(commands)('%s is understood', async (command) => {
  const { keyroller, configure } = await stage()
  const inbox = /^inbox = .*$/m.exec(page)?.[0] ?? ''
  configure((text) => text.replace('[certificate.web]', `[certificate.web]\n${inbox}`))
  expect(await keyroller(`${command} --log human`)).toEqual({
    exit: 0,
    stdout: 'nothing to do\n',
    stderr: '',
  })
})

test('names the reasons that there are, and all with which a pair can be refused', () => {
  const [table = ''] = tables()
  const named = reasonsIn(table)
  const judged = [...RENEWAL_CHECKS, ...JUDGEMENTS].map(({ reason }) => reason)
  expect(named.filter((reason) => !judged.some((one) => one === reason))).toEqual(['replayed'])
  // A file that cannot be read, or is not there, is none of a pair; the rest says the same of an answer of Vault in other words.
  const elsewhere = [
    'missing',
    'unreadable',
    'revoked',
    'due',
    'forced',
    'other-key',
    'other-names',
    'other-issuer',
  ]
  expect(judged.filter((reason) => !named.includes(reason)).toSorted()).toEqual(elsewhere.toSorted())
})

test('and all with which a key can be', () => {
  const [, table = ''] = tables()
  expect(reasonsIn(table)).toEqual(['not-signed', ...PUSH_REASONS])
})

test('shows a keyset as it is configured, which is sound', async () => {
  const section = /^```toml\n(\[keyset[\s\S]*?)```$/m.exec(page)?.[1] ?? ''
  const { keyroller, configure } = await stage()
  configure((text) => `${text}\n${section}`)
  // What is not there on this host is told by its own path.
  expect((await keyroller('config check')).stdout).not.toContain('keyroller.toml')
})

test('and claims that are some', () => {
  const claims = /^```json\n(.*)\n```$/m.exec(page)?.[1] ?? ''
  const read = readClaims(claims.replace('…', 'a'.repeat(64)))
  expect(read).toEqual({ ...JSON.parse(claims), sha256: 'a'.repeat(64) })
})

test('names the mark that the unit looks for and removes, and the reload that it asks for', () => {
  const [mark = ''] = /\/var\/lib\/keyroller\/inbox\/ready/.exec(page) ?? []
  expect(unit('keyroller-adopt.path')).toContain(`PathExists=${mark}\n`)
  expect(unit('keyroller-adopt.service')).toContain(`ExecStart=rm --force ${mark}\n`)
  const [reload = ''] = /systemctl reload [a-z-]+/.exec(page) ?? []
  expect(unit('keyroller-adopt.service')).toContain(`ExecStart=${reload}.service\n`)
})

/** Where a person has changed one, they know that the other has to follow; what is shipped must not differ by itself. */
test('is done in the sandbox of every run', () => {
  const sandbox = (name: string) => {
    const lines = unit(name)
      .split('\n')
      .filter((line) => /^[A-Z]\w+=/.test(line))
    const own =
      /^(Description|After|Wants|StartLimit\w+|RemainAfterExit|Exec\w+|TimeoutStartSec|SuccessExitStatus|WantedBy)=/
    return lines.filter((line) => !own.test(line))
  }
  expect(sandbox('agent-keyroller.service')).toEqual(sandbox('keyroller.service'))
})

function tables(): string[] {
  return [...page.matchAll(/^\| reason \|.*\n((?:\|.*\n)+)/gm)].map(([, table = '']) => table)
}

function reasonsIn(table: string): string[] {
  return [...table.matchAll(/^\|(.*?)\|/gm)].flatMap(([, cell = '']) => cell.match(/[a-z-]{4,}(?=`)/g) ?? [])
}
