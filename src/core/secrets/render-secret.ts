/**
 * From the fields of a secret to the bytes of its files. The same fields give the same bytes, so that an unchanged secret is
 * never written twice. No error quotes a value.
 */

import { KeyrollerError } from '../errors.ts'
import { type FileSpec, MAX_FILE_BYTES, type RawForm } from '../file-spec.ts'
import type { Secret } from '../material.ts'
import { nameSome } from '../name-some.ts'
import { formatEnv } from './env-file.ts'

/** As Vault sent them: text as a rule, any JSON by right. */
export type SecretFields = Readonly<Record<string, unknown>>

/** The bytes of one file. Throws `secret-unfit` for a field that is not there or that the form cannot hold. */
export function renderSecret(
  { id, fields: wanted }: Pick<Secret, 'id' | 'fields'>,
  spec: FileSpec,
  fields: SecretFields,
): Buffer {
  const bytes = spec.raw ? rawBytes(id, spec.raw, fields) : listed(id, spec, wanted, fields)
  if (bytes.length <= MAX_FILE_BYTES) return bytes
  throw unfit(id, `expected at most ${MAX_FILE_BYTES} bytes for ${spec.path}, found ${bytes.length}`)
}

function rawBytes(
  id: Secret['id'],
  { field, encoding, finalNewline }: RawForm,
  fields: SecretFields,
): Buffer {
  const text = textOf(id, field, fields)
  const bytes = encoding === 'base64' ? decodeBase64(id, field, text) : Buffer.from(text)
  const ended = bytes.at(-1) === LINE_FEED
  if (finalNewline === 'add' && !ended) return Buffer.concat([bytes, Buffer.of(LINE_FEED)])
  return finalNewline === 'strip' && ended ? bytes.subarray(0, -1) : bytes
}

const LINE_FEED = 0x0a

/** RFC 4648 §4, as base64(1) writes it: line feeds are passed over, anything else is refused, where Node would skip it. */
function decodeBase64(id: Secret['id'], field: string, text: string): Buffer {
  const bare = text.replace(/[\r\n]/g, '')
  if (/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(bare))
    return Buffer.from(bare, 'base64')
  throw unfit(id, `expected base64 in field ${field}, found something else`)
}

function listed(
  id: Secret['id'],
  { role, quoting = 'shell' }: FileSpec,
  wanted: readonly string[] | undefined,
  fields: SecretFields,
): Buffer {
  const names = (wanted ?? Object.keys(fields)).toSorted()
  if (names.length === 0) throw unfit(id, 'expected fields, found none')
  if (role === 'env') {
    const entries = names.map((name) => [name, textOf(id, name, fields)] as const)
    const env = formatEnv(entries, quoting)
    if ('fault' in env) throw unfit(id, env.fault)
    return Buffer.from(env.text)
  }
  const picked = Object.fromEntries(names.map((name) => [name, fieldOf(id, name, fields)]))
  return Buffer.from(`${JSON.stringify(picked, null, 2)}\n`)
}

/** Text as it is; everything else as JSON. */
function textOf(id: Secret['id'], name: string, fields: SecretFields): string {
  const value = fieldOf(id, name, fields)
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function fieldOf(id: Secret['id'], name: string, fields: SecretFields): unknown {
  if (!Object.hasOwn(fields, name)) {
    const found = nameSome(Object.keys(fields).toSorted())
    throw unfit(id, `expected the field ${name}, found ${found}`)
  }
  const value = fields[name]
  if (isExact(value)) return value
  throw unfit(id, `expected field ${name} without whole numbers beyond 2^53, found one: store it as text`)
}

/** JSON numbers are doubles here (ECMA-262 §6.1.6.1): a longer one has lost digits already. */
function isExact(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isInteger(value) || Number.isSafeInteger(value)
  if (typeof value !== 'object' || value === null) return true
  return Object.values(value).every(isExact)
}

function unfit(id: Secret['id'], message: string): KeyrollerError {
  return new KeyrollerError('secret-unfit', `${id}: ${message}`)
}
