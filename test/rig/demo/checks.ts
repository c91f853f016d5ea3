import { isDeepStrictEqual } from 'node:util'
import type { Narrator } from './narrator.ts'

export interface Check {
  readonly name: string
  readonly ok: boolean
  readonly expected: unknown
  readonly found: unknown
}

/** Claims that are tested as they are told; all of them are kept, so that one failure does not hide the next. */
export interface Checks {
  readonly results: readonly Check[]
  readonly equal: (name: string, found: unknown, expected: unknown) => void
  readonly differ: (name: string, before: string, after: string) => void
  readonly contains: (name: string, text: string, part: string) => void
}

export function createChecks(narrator: Narrator): Checks {
  const results: Check[] = []
  const record = (check: Check, passed: string) => {
    results.push(check)
    const both = `expected ${show(check.expected)}, found ${show(check.found)}`
    narrator.check(check.name, check.ok, check.ok ? passed : both)
  }
  return {
    results,
    equal: (name, found, expected) =>
      record({ name, ok: isDeepStrictEqual(found, expected), expected, found }, show(found)),
    differ: (name, before, after) =>
      record(
        { name, ok: before !== after, expected: `other than ${before}`, found: after },
        `${before} -> ${after}`,
      ),
    contains: (name, text, part) =>
      record({ name, ok: text.includes(part), expected: `text with ${part}`, found: text }, part),
  }
}

function show(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  if (Array.isArray(value)) return value.length === 0 ? 'nothing' : value.join(', ')
  return Object.entries(value)
    .map(([name, one]) => `${name} ${one}`)
    .join(', ')
}
