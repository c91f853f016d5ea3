import { expect, test } from 'vitest'
import { knownCards } from '../../../../src/core/fleet/known-cards.ts'
import { fleetCard, HOST } from './cards.ts'

test('the cards of what was printed before; hosts without one are not among them', () => {
  const hosts = [
    { name: HOST, card: fleetCard() },
    { name: 'web2', state: 'unverified' },
  ]
  expect(knownCards(JSON.stringify({ hosts }), 'old.json')).toEqual(new Map([[HOST, fleetCard()]]))
})

test.each(['', '{}', '[]', '{"hosts":[{"card":{"schema":1}}]}', 'null'])('%j is none', (text) => {
  expect(() => knownCards(text, 'old.json')).toThrow(
    'old.json: expected what keyroller fleet status --json printed',
  )
})
