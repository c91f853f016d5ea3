import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EMPTY_MEMORY, type RunMemory } from '../../../src/core/memory.ts'
import { isRunMemory } from '../../../src/core/memory-shape.ts'
import { failure, NOW_MS } from './builders.ts'
import { owed } from './consumer-builders.ts'

const FULL: RunMemory = {
  schema: 1,
  materials: {
    'certificate/web': {
      issued: { serial: '4a11', fingerprint: 'f1', notAfterMs: NOW_MS, atMs: NOW_MS, rolledBackFrom: '4a10' },
      failure: failure(),
      served: { fingerprint: 'f1', outcome: 'served', message: 'm', atMs: NOW_MS },
    },
    'identity/agent': { widenedAtMs: NOW_MS },
  },
  owed: [
    owed('podman:proxy', ['certificate/web'], {
      ...{ members: ['container:1'], message: 'down', atMs: NOW_MS, retryAtMs: NOW_MS + 1 },
    }),
  ],
  server: { version: '1.21.1', atMs: NOW_MS },
}

test('a memory as keyroller writes it, empty or full, also with fields of a later version', () => {
  expect(isRunMemory(EMPTY_MEMORY)).toBe(true)
  expect(isRunMemory(JSON.parse(JSON.stringify(FULL)))).toBe(true)
  expect(isRunMemory({ ...FULL, later: 1 })).toBe(true)
})

test('a memory of a keyroller that knew no next try', () => {
  expect(isRunMemory({ ...FULL, owed: [owed('podman:proxy', ['certificate/web'])] })).toBe(true)
})

test.each([
  ['nothing', null],
  ['a list', []],
  ['another schema', { ...FULL, schema: 2 }],
  ['materials that are none', { ...FULL, materials: null }],
  ['materials in a list', { ...FULL, materials: [] }],
  ['no debts', { schema: 1, materials: {} }],
  ['a debt of nobody we know', { ...FULL, owed: [owed('podman:a', ['web' as never])] }],
  [
    'a fault we do not know',
    { ...FULL, materials: { 'certificate/web': { failure: failure({ code: 'toString' as never }) } } },
  ],
  ['a moment no date can hold', { ...FULL, server: { version: '1', atMs: 1e16 } }],
])('%s is none', (_, value) => expect(isRunMemory(value)).toBe(false))

/** Every place of a full memory, as a path of keys. */
const places = placesIn(FULL)

test('property: damage in any one place is seen', () => {
  const damage = fc.constantFrom(null, true, -1.5, [], {}, 'x')
  fc.assert(
    fc.property(fc.constantFrom(...places), damage, (path, value) => {
      fc.pre(kindOf(valueAt(FULL, path)) !== kindOf(value))
      expect([path, value, isRunMemory(replaced(FULL, path, value))]).toEqual([path, value, false])
    }),
    { numRuns: 300 },
  )
})

function placesIn(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => [[...path, key], ...placesIn(inner, [...path, key])])
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce((one, key) => (one as Record<string, unknown>)[key], value)
}

function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by
  const copy = Array.isArray(value) ? [...value] : { ...(value as object) }
  return Object.assign(copy, { [key]: replaced((value as Record<string, unknown>)[key], rest, by) })
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? 'list' : typeof value === 'object' && value !== null ? 'object' : typeof value
}
