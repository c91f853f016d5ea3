/** A card of a host in order, and readings of one. */
import type { FleetCard } from '../../../../src/core/fleet/card.ts'
import type { ReadCard, SignedCard } from '../../../../src/core/fleet/judge-card.ts'

export const AT_MS = Date.parse('2026-06-01T12:00:00Z')
export const HOST = 'web1.example.org'

export function fleetCard(changes: Partial<FleetCard> = {}): FleetCard {
  return {
    schema: 1,
    name: HOST,
    at: '2026-06-01T12:00:00Z',
    every: 21_600,
    version: '0.1.0',
    server: '1.21.1',
    skew: [{ subject: 'keyroller', version: '0.1.0', verdict: 'same' }],
    exit: 0,
    ready: true,
    materials: 2,
    reached: { issued: 2, installed: 2, loaded: 2, served: 2, verified: 2 },
    unready: [],
    ends: [{ material: 'certificate/web', at: '2026-06-02T12:00:00Z' }],
    owed: 0,
    ledger: { seq: 7, hash: 'a'.repeat(64) },
    ...changes,
  }
}

export function reading(changes: Partial<FleetCard> = {}, signed: Partial<SignedCard> = {}): ReadCard {
  const signer = { commonName: HOST, uris: [`spiffe://example.org/${HOST}`] }
  return { name: HOST, signed: { card: fleetCard(changes), signer, ...signed } }
}
