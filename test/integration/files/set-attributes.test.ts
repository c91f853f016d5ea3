import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { setAttributes } from '../../../src/files/set-attributes.ts'
import { run } from '../../rig/command.ts'

const APP = { uid: 4242, gid: 4243 }

let root: string
let path: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'keyroller-attributes-'))
  path = join(root, 'key.pem')
  writeFileSync(path, 'key')
})
afterEach(() => rmSync(root, { recursive: true }))

test('mode and owner are set on the same inode, and the bytes stay', async () => {
  const { ino } = statSync(path)
  await setAttributes({ path, mode: 0o640, ...APP })
  expect(statSync(path)).toMatchObject({ ...APP, ino, mode: 0o100640 })
  expect(readFileSync(path, 'utf8')).toBe('key')
})

test('special bits go: nothing keyroller writes is a program', async () => {
  chmodSync(path, 0o6755)
  await setAttributes({ path, mode: 0o755, ...APP })
  expect(statSync(path).mode & 0o7777).toBe(0o755)
})

test('a file that is gone fails, and names its path', async () => {
  rmSync(path)
  await expect(setAttributes({ path, mode: 0o600, ...APP })).rejects.toMatchObject({
    code: 'files-failed',
    message: `${path}: expected to set its mode and owner, found no file`,
  })
})

test('at no moment can a new owner or group do more than the new mode says', async () => {
  chmodSync(path, 0o664)
  chownSync(path, 0, 0)
  const ended = run(slowly(['fchown', 'fchmod'], { path, mode: 0o600, ...APP }))
  const seen = new Set<string>()
  let isOver = false
  void ended.finally(() => {
    isOver = true
  })
  while (!isOver) {
    const { uid, gid, mode } = statSync(path)
    seen.add(`${uid}:${gid} ${(mode & 0o7777).toString(8)}`)
    await setImmediate()
  }
  expect((await ended).exit).toBe(0)
  expect([...seen]).toEqual(['0:0 664', '0:0 600', '4242:4243 600'])
})

/** The command that sets them with 0.3 s after each of these calls. */
function slowly(calls: readonly string[], attributes: object): [string, ...string[]] {
  const script = new URL('set-attributes-child.ts', import.meta.url).pathname
  const rules = calls.flatMap((call) => ['-e', `inject=${call}:delay_exit=300000`])
  return ['strace', '-f', '-o', '/dev/null', ...rules, process.execPath, script, JSON.stringify(attributes)]
}
