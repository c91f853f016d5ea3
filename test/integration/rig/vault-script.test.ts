import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run } from '../../rig/command.ts'

const script = join(import.meta.dirname, '../../../scripts/vault')
// All the script may call but Go and a server: no machine's own ones are found.
const TOOLS = ['bash', 'cat', 'cut', 'dirname', 'flock', 'mkdir', 'sed', 'sha256sum', 'sh']
let home: string
let tools: string
let binary: string

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'keyroller-vault-script-'))
  tools = join(home, 'tools')
  await mkdir(tools)
  for (const tool of TOOLS) await symlink(`/usr/bin/${tool}`, join(tools, tool))
  binary = join(home, 'bao')
  await writeFile(binary, '#!/bin/sh\necho "OpenBao v2.4.1 (0000), built"\n')
  await chmod(binary, 0o755)
})

afterAll(() => rm(home, { recursive: true }))

const vault = (args: string[], env: NodeJS.ProcessEnv = {}) =>
  run([script, ...args], { env: { PATH: tools, HOME: home, ...env } })

test('KEYROLLER_TEST_VAULT comes before PATH', async () => {
  const env = { KEYROLLER_TEST_VAULT: '/bin/true', PATH: `${home}:${tools}` }
  expect(await vault([], env)).toMatchObject({ exit: 0, stdout: '/bin/true\n' })
})

test('a bao on PATH is taken', async () => {
  expect(await vault([], { PATH: `${home}:${tools}` })).toMatchObject({ exit: 0, stdout: `${binary}\n` })
})

test('a binary that reports the stamp needs no build', async () => {
  const env = { PATH: `${home}:${tools}` }
  expect(await vault(['--version-stamp', '2.4.1'], env)).toMatchObject({ exit: 0, stdout: `${binary}\n` })
})

test('without Go, the stamp asked for and the version found are both named', async () => {
  const answer = await vault(['--version-stamp', '1.20.4'], { PATH: `${home}:${tools}` })
  expect(answer).toMatchObject({ exit: 1, stdout: '' })
  expect(answer.stderr).toContain(`no Go here to build Vault 1.20.4 (${binary} reports v2.4.1)`)
})

test.each([[['--version-stamp']], [['--version-stamp', '1.20']], [['1.20.4']]])(
  '%j is refused',
  async (args) => {
    expect((await vault(args)).exit).toBe(2)
  },
)

test('a binary named that cannot run is an error, not passed over', async () => {
  const answer = await vault([], { KEYROLLER_TEST_VAULT: join(home, 'absent') })
  expect(answer).toMatchObject({ exit: 1, stdout: '' })
  expect(answer.stderr).toContain('is not executable')
})
