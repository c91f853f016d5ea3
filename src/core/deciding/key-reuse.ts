import type { PairFacts } from '../facts.ts'
import type { Paired } from '../material.ts'

/**
 * Why the key on disk cannot be certified again although `reuse_key` asks for it, or undefined. Whoever asks has pinned the
 * key somewhere, so another one is never made in its place; only where no file holds any, the first is made.
 */
export function reuseObstacle({ issuance }: Paired, { key }: Pick<PairFacts, 'key'>): string | undefined {
  if (!issuance.reuseKey || key.state === 'missing') return undefined
  if (key.state !== 'read') return `expected a private key to certify again, found: ${key.why ?? key.state}`
  if (key.type === issuance.keyType) return undefined
  return `expected a private key of type ${issuance.keyType} to certify again, found ${key.type ?? 'other'}`
}
