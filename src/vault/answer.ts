/** Reading Vault's answers: each field is taken only in the shape expected, and a fault names the field, not its value. */
import { KeyrollerError } from '../core/errors.ts'

/** A string that `pattern` matches as a whole. */
export interface TextShape {
  readonly pattern: RegExp
  readonly maxChars: number
  /** What it is, as in "expected a version". */
  readonly words: string
}

export function textIn(source: unknown, field: string, shape: TextShape, where: string): string {
  const value = fieldOf(source, field)
  if (typeof value === 'string' && value.length <= shape.maxChars && shape.pattern.test(value)) return value
  throw unexpected(where, field, shape.words, value)
}

/** A list of such strings; absent or null is empty, as Go encodes an empty list. */
export function textsIn(
  source: unknown,
  field: string,
  shape: TextShape,
  maxItems: number,
  where: string,
): string[] {
  const value = fieldOf(source, field) ?? []
  if (!Array.isArray(value) || value.length > maxItems) {
    throw unexpected(where, field, `a list of at most ${maxItems}`, value)
  }
  return value.map((_, index) => textIn(value, `${index}`, shape, `${where} ${field}`))
}

export function objectIn(source: unknown, field: string, where: string): Record<string, unknown> {
  const value = fieldOf(source, field)
  if (isObject(value)) return value
  throw unexpected(where, field, 'an object', value)
}

export function booleanIn(source: unknown, field: string, where: string): boolean {
  const value = fieldOf(source, field)
  if (typeof value === 'boolean') return value
  throw unexpected(where, field, 'true or false', value)
}

export function countIn(source: unknown, field: string, where: string): number {
  const value = fieldOf(source, field)
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw unexpected(where, field, 'a whole number', value)
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function fieldOf(source: unknown, field: string): unknown {
  return (source as Record<string, unknown> | null | undefined)?.[field]
}

function unexpected(where: string, field: string, expected: string, value: unknown): KeyrollerError {
  const found = value === undefined || value === null ? 'none' : `another ${typeof value}`
  return new KeyrollerError(
    'vault-answer-invalid',
    `${where}: expected ${expected} in ${field}, found ${found}`,
  )
}
