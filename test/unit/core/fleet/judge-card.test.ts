import { describe, expect, test } from 'vitest'
import { judgeCard } from '../../../../src/core/fleet/judge-card.ts'
import { AT_MS, fleetCard, HOST, reading } from './cards.ts'

const BY_NAME = { nowMs: AT_MS }
const BY_ID = { ...BY_NAME, trustDomain: 'example.org' }
const HOUR_MS = 3_600_000

test('a card that is as it should be', () => {
  expect(judgeCard(reading(), BY_NAME)).toEqual([])
  expect(judgeCard(reading(), BY_ID)).toEqual([])
})

describe('whose it is', () => {
  test.each([
    [
      'nothing that is signed',
      { name: HOST, signed: { fault: 'expected a signed card, found none' } },
      BY_NAME,
      'unreadable',
    ],
    [
      'a signer that leads nowhere',
      reading({}, { distrust: 'expected it to, found not' }),
      BY_NAME,
      'untrusted',
    ],
    ['the card of another host', reading({ name: 'web2' }), BY_NAME, 'misnamed'],
    ['another signer', reading({}, { signer: { commonName: 'web2', uris: [] } }), BY_NAME, 'misnamed'],
    [
      'another SPIFFE ID',
      reading({}, { signer: { commonName: HOST, uris: ['spiffe://example.org/web2'] } }),
      BY_ID,
      'misnamed',
    ],
    [
      'another trust domain',
      reading({}, { signer: { commonName: HOST, uris: [`spiffe://example.com/${HOST}`] } }),
      BY_ID,
      'misnamed',
    ],
    [
      'two SPIFFE IDs',
      reading(
        {},
        { signer: { commonName: HOST, uris: [`spiffe://example.org/${HOST}`, 'spiffe://example.org/b'] } },
      ),
      BY_ID,
      'misnamed',
    ],
  ] as const)('%s', (_, read, rules, reason) => {
    expect(judgeCard(read, rules).map((finding) => finding.reason)).toEqual([reason])
  })

  test('says what was expected and what was found', () => {
    const read = reading({}, { signer: { commonName: 'web2', uris: [] } })
    expect(judgeCard(read, BY_NAME)[0]?.message).toBe(`expected it signed by ${HOST}, found web2`)
  })
})

describe('how old it is', () => {
  test.each([
    ['in time', 18 * HOUR_MS, []],
    ['silent for more than three cards', 18 * HOUR_MS + 1000, ['stale']],
    ['of a clock a little ahead', -4 * 60_000, []],
    ['of the future', -6 * 60_000, ['future']],
  ])('%s', (_, ageMs, reasons) => {
    expect(judgeCard(reading(), { nowMs: AT_MS + ageMs }).map(({ reason }) => reason)).toEqual(reasons)
  })
})

describe('against what was known before', () => {
  const earlier = (seq: number, hash = 'a', at = '2026-06-01T06:00:00Z') =>
    fleetCard({ at, ledger: { seq, hash: hash.repeat(64) } })
  const { ledger: _, ...unwritten } = fleetCard({ at: '2026-06-01T06:00:00Z' })

  test.each([
    ['a ledger that has grown', earlier(6), undefined],
    ['the same ledger', earlier(7), undefined],
    ['a ledger that began since', unwritten, undefined],
    [
      'a shorter ledger',
      earlier(8),
      'its ledger at entry 8 or later, as at 2026-06-01T06:00:00Z, found it at 7',
    ],
    ['another entry at the same place', earlier(7, 'b'), 'found another entry 7'],
    [
      'an older card put back',
      earlier(6, 'a', '2026-06-01T13:00:00Z'),
      'a card after that of 2026-06-01T13:00:00Z',
    ],
  ])('%s', (_, before, message) => {
    for (const place of ['before', 'known'] as const) {
      const found = judgeCard({ ...reading(), [place]: before }, BY_NAME)
      expect(found.map(({ reason }) => reason)).toEqual(message === undefined ? [] : ['backwards'])
      expect(found[0]?.message ?? '').toContain(message ?? '')
    }
  })

  test('a ledger that is gone', () => {
    const { ledger: _, ...card } = fleetCard()
    const signer = { commonName: HOST, uris: [] }
    const found = judgeCard({ name: HOST, signed: { card, signer }, before: earlier(6) }, BY_NAME)
    expect(found[0]?.message).toMatch(/^expected its ledger at entry 6 or later, .*, found none$/)
  })
})
