import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { must } from '../../rig/command.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'keyroller-accounts-'))
})
afterEach(() => rmSync(root, { recursive: true }))

test('what the files do not know is asked of getent, once, with no environment of ours', async () => {
  const log = join(root, 'asked')
  const getent = `echo "$@" HOME=$HOME >> ${log}; test $2 = ldapuser && echo 'ldapuser:*:70001:70002::/home/ldapuser:/bin/sh'`
  expect(await resolveWith(getent, ['ldapuser', 'root', 'nobody-knows', 'ldapuser', 'nobody-knows'])).toEqual(
    [
      { state: 'resolved', uid: 70001, gid: 70002 },
      { state: 'resolved', uid: 0, gid: 0 },
      { state: 'unknown', why: 'no account nobody-knows' },
      { state: 'resolved', uid: 70001, gid: 70002 },
      { state: 'unknown', why: 'no account nobody-knows' },
    ],
  )
  expect(readFileSync(log, 'utf8')).toBe('passwd ldapuser HOME=\npasswd nobody-knows HOME=\n')
})

test.each([
  ['another account than the one asked for', "echo 'other:*:70001:70002::/:'"],
  ['nonsense', 'echo nonsense'],
  ['an id that is none', "echo 'ldapuser:*:0x1F:1::/:'"],
  ['a failure with output', "echo 'ldapuser:*:1:1::/:'; exit 2"],
])('getent answers %s: the account is unknown', async (_, getent) => {
  expect(await resolveWith(getent, ['ldapuser'])).toEqual([{ state: 'unknown', why: 'no account ldapuser' }])
})

test('a name service that hangs costs five seconds, not the run', async () => {
  const startedAt = Date.now()
  expect(await resolveWith('exec sleep 60', ['ldapuser'])).toEqual([
    { state: 'unknown', why: 'no account ldapuser' },
  ])
  expect(Date.now() - startedAt).toBeLessThan(15_000)
})

/** In a mount namespace of its own (unshare(1)), where getent(1) is this script. */
async function resolveWith(getent: string, names: readonly string[]): Promise<unknown> {
  const script = join(root, 'getent')
  writeFileSync(script, `#!/bin/sh\n${getent}\n`, { mode: 0o755 })
  const child = new URL('resolve-child.ts', import.meta.url).pathname
  const inside = `mount --bind ${script} /usr/bin/getent && exec "$@"`
  const argv = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', inside, 'sh'] as const
  return JSON.parse(await must([...argv, process.execPath, child, ...names]))
}
