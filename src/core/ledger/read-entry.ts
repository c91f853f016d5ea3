import { isCount, isText, matching, shape } from '../shape.ts'
import { isInOrder } from './canonical.ts'
import type { Entry, EntryPlace } from './entry.ts'

/**
 * The entry of a line, or undefined when it is none: not JSON, not in its canonical form, or without its place. Kinds that a
 * later version writes are entries too.
 */
export function readEntry(line: string): Entry | undefined {
  const value = parse(line)
  return isPlaced(value) && isCanonical(value, line) ? (value as Entry) : undefined
}

const isPlaced = shape<EntryPlace & { kind: string }>({
  seq: isCount,
  prev: matching(/^[0-9a-f]{64}$/),
  at: matching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
  host: isText,
  run: isText,
  kind: isText,
})

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

function isCanonical(value: unknown, line: string): boolean {
  return JSON.stringify(value) === line && isInOrder(value)
}
