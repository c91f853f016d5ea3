import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { FileSpec } from '../../../../src/core/file-spec.ts'
import { fileForm } from '../../../../src/run/observing/file-form.ts'
import { file } from '../small-host.ts'

const dir = mkdtempSync(join(tmpdir(), 'keyroller-form-'))
afterAll(() => rmSync(dir, { recursive: true }))
const passwordFile = join(dir, 'password')
const uid = process.geteuid?.() ?? 0

test.each([
  ['one line', 's3cret', 's3cret'],
  ['one line with its end', 's3cret\n', 's3cret'],
  ['the first of two', 's3cret\nold\n', 's3cret'],
  ['the end of a line of DOS', 's3cret\r\n', 's3cret'],
  ['blanks, which are part of it', ' s3 cret \n', ' s3 cret '],
])('%s', (_, text, password) => {
  expect(formOf(text).lock).toEqual({ password, name: 'web' })
})

test.each([
  ['nothing', '', 'an empty one'],
  ['an empty first line', '\ns3cret\n', 'an empty one'],
  ['a letter that consumers encode each in their way', 's\u00e9cret\n', 'other characters'],
  ['a control character', 's\tcret', 'other characters'],
])('%s is refused, and never quoted', (_, text, found) => {
  const expected = 'expected a password of printable ASCII characters in the first line'
  expect(() => formOf(text)).toThrow(
    expect.objectContaining({
      code: 'config-invalid',
      message: `${passwordFile}: ${expected}, found ${found}`,
    }),
  )
})

test('a file that others may write, or that is not there', () => {
  writeFileSync(passwordFile, 's3cret')
  chmodSync(passwordFile, 0o666)
  expect(() => fileForm(SPEC, uid)).toThrow(expect.objectContaining({ code: 'config-untrusted' }))
  rmSync(passwordFile)
  expect(() => fileForm(SPEC, uid)).toThrow(expect.objectContaining({ code: 'config-missing' }))
})

test('a file without a password has the form its configuration says', () => {
  expect(fileForm({ ...file('key', '/k'), format: 'sec1' }, uid)).toMatchObject({
    role: 'key',
    format: 'sec1',
  })
})

const SPEC: FileSpec = { ...file('pkcs12', '/web.p12'), pkcs12: { passwordFile, name: 'web' } }

function formOf(text: string) {
  writeFileSync(passwordFile, text, { mode: 0o600 })
  return fileForm(SPEC, uid)
}
