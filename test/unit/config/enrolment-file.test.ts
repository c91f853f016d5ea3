import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readEnrolmentSecret } from '../../../src/config/enrolment-file.ts'

const UID = process.getuid?.() ?? 0

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyroller-secret-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('a wrapping token is the first line of its file', () => {
  const token = written('hvs.CAES-token\nwhat follows is not read\n')
  expect(readEnrolmentSecret({ token }, UID)).toEqual({ kind: 'wrapped-token', token: 'hvs.CAES-token' })
})

describe('an AppRole', () => {
  test.each([
    ['secret_id', 'plain'],
    ['wrapped_secret_id', 'wrapped'],
  ])('with %s, and its mount when it is another', (key, form) => {
    const approle = written(`role_id = "r-1"\n${key} = "s-1"\n`)
    const secretId = { form, text: 's-1' }
    const expected = { kind: 'approle', mount: 'approle', roleId: 'r-1', secretId }
    expect(readEnrolmentSecret({ approle }, UID)).toEqual(expected)
    const other = written(`mount = "hosts/approle"\nrole_id = "r-1"\n${key} = "s-1"\n`)
    expect(readEnrolmentSecret({ approle: other }, UID)).toEqual({ ...expected, mount: 'hosts/approle' })
  })
})

describe('what cannot be used is told without a word of it', () => {
  test.each([
    ['an empty token', 'token', '\n'],
    ['a token with a space', 'token', 'canary token\n'],
    ['an AppRole that is no TOML', 'approle', 'canary'],
    ['an AppRole without a role', 'approle', 'secret_id = "canary"'],
    [
      'both kinds of secret id',
      'approle',
      'role_id = "r"\nsecret_id = "canary"\nwrapped_secret_id = "canary"',
    ],
    ['a mount that is no path', 'approle', 'mount = "../canary"\nrole_id = "r"\nsecret_id = "s"'],
  ])('%s', (_, kind, text) => {
    const thrown = thrownBy(() => readEnrolmentSecret({ [kind]: written(text) }, UID))
    expect(thrown).toMatchObject({ code: 'config-invalid' })
    expect(thrown.message).not.toContain('canary')
    expect(thrown.cause).toBeUndefined()
  })

  test.each([[{}], [{ token: 'a', approle: 'b' }]])('not exactly one file: %j', (files) => {
    expect(() => readEnrolmentSecret(files, UID)).toThrow('expected either --token FILE or --approle FILE')
  })

  test.each([0o604, 0o622])('a file of mode %o', (mode) => {
    const token = written('hvs.token', mode)
    expect(thrownBy(() => readEnrolmentSecret({ token }, UID))).toMatchObject({ code: 'config-untrusted' })
  })
})

function written(text: string, mode = 0o600): string {
  const path = join(folder, `secret-${Math.random()}`)
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}

function thrownBy(work: () => unknown): Error {
  try {
    work()
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}
