import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readConfig } from '../../../src/config/load.ts'
import { findDistrust, readTrustedFile } from '../../../src/config/trusted-file.ts'

const UID = process.getuid?.() ?? 0

describe('a file that decides something', () => {
  let folder = ''
  let path = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'keyroller-trust-'))
    path = join(folder, 'ca.pem')
    writeFileSync(path, 'text')
    chmodSync(path, 0o644)
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  test.each([0o644, 0o600, 0o444, 0o755])('is read with mode %o', (mode) => {
    chmodSync(path, mode)
    expect(readTrustedFile(path, UID)).toBe('text')
  })

  test.each([
    [0o664, '0664'],
    [0o646, '0646'],
    [0o666, '0666'],
    [0o620, '0620'],
  ])('is not when others may write to it: %o', (mode, shown) => {
    chmodSync(path, mode)
    expect(() => readTrustedFile(path, UID)).toThrow(
      distrust(`expected no write for group and others, found mode ${shown}`),
    )
  })

  // Only root can give a file away (chown(2)); CI is root.
  test.runIf(UID === 0)('is not when it is another user’s, unless keyroller runs as that user', () => {
    chownSync(path, 12_345, 12_345)
    expect(() => readTrustedFile(path, 0)).toThrow(distrust('expected owner 0, found 12345'))
    expect(() => readTrustedFile(path, 1000)).toThrow(distrust('expected owner 0 or 1000, found 12345'))
    expect(readTrustedFile(path, 12_345)).toBe('text')
  })

  test('of root is trusted by every user', () => {
    const rooted = { isFile: () => true, uid: 0, mode: 0o100_644, size: 4 }
    expect(findDistrust(Object.assign(statSync(path), rooted), 1000)).toBeUndefined()
  })

  test('may be reached through a link: what it leads to is judged', () => {
    const link = join(folder, 'link.pem')
    symlinkSync(path, link)
    expect(readTrustedFile(link, UID)).toBe('text')
    chmodSync(path, 0o666)
    expect(() => readTrustedFile(link, UID)).toThrow('found mode 0666')
  })

  test('is no directory', () => {
    expect(() => readTrustedFile(folder, UID)).toThrow(
      expect.objectContaining({ message: `${folder}: expected a regular file, found something else` }),
    )
  })

  test('is no FIFO, and nobody waits for its writer', () => {
    const fifo = join(folder, 'fifo')
    execFileSync('mkfifo', [fifo])
    expect(() => readTrustedFile(fifo, UID)).toThrow('expected a regular file, found something else')
  })

  test('is no disk image', () => {
    truncateSync(path, 4 * 1024 * 1024 + 1)
    expect(() => readTrustedFile(path, UID)).toThrow(
      distrust('expected at most 4194304 bytes, found 4194305'),
    )
  })

  test('is not missing', () => {
    const gone = join(folder, 'gone.pem')
    expect(() => readTrustedFile(gone, UID)).toThrow(
      expect.objectContaining({
        code: 'config-missing',
        message: `expected a readable file, found ENOENT at ${gone}`,
      }),
    )
  })

  test('a drop-in is one too', () => {
    mkdirSync(join(folder, 'keyroller.d'))
    const dropIn = join(folder, 'keyroller.d/a.toml')
    writeFileSync(dropIn, '')
    chmodSync(dropIn, 0o666)
    writeFileSync(path, '')
    expect(() => readConfig({ file: path, env: {}, uid: UID })).toThrow(
      expect.objectContaining({ code: 'config-untrusted' }),
    )
  })

  function distrust(why: string) {
    return expect.objectContaining({ code: 'config-untrusted', message: `${path}: ${why}` })
  }
})
