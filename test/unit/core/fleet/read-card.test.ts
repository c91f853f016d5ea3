import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readCard } from '../../../../src/core/fleet/read-card.ts'
import { fleetCard } from './cards.ts'

test.each([
  ['a text that moves the cursor', { name: 'web1\u001b[2J' }],
  ['a line of its own', { name: 'web1\nweb2 ready' }],
  ['a version with spaces', { version: '1.0 ready' }],
  ['a moment in words', { at: 'today' }],
  ['a hash that is none', { ledger: { seq: 1, hash: 'x' } }],
  ['more than there can be', { ends: Array(9).fill({ material: 'a', at: '2026-06-02T12:00:00Z' }) }],
  ['a count below nothing', { owed: -1 }],
  ['a card every hundred years', { every: 4e9 }],
  ['a rung that there is not', { unready: [{ material: 'a', rung: 'sold', state: 'no', reason: 'x' }] }],
  ['a count of materials in a text', { materials: '2' as unknown as number }],
])('refuses %s', (_, changes) => {
  expect(() => readCard(JSON.stringify({ ...fleetCard(), ...changes }))).toThrow('found something else')
})

test('names the schema of a card from another keyroller', () => {
  expect(() => readCard(JSON.stringify({ ...fleetCard(), schema: 2 }))).toThrow('schema 1, found schema 2')
})

test('whatever it is given, it gives a card or an error that quotes nothing of it', () => {
  const canary = 'canary'
  fc.assert(
    fc.property(fc.jsonValue(), fc.string(), (value, tail) => {
      const text = JSON.stringify({ ...fleetCard(), ...Object(value), name: `${canary}${tail}\u0007` })
      expect(() => readCard(text)).toThrow(
        /^expected a card of schema 1, found (?:schema \d+|something else)$/,
      )
    }),
  )
})
