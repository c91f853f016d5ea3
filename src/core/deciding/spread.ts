import type { EpochMs } from '../epoch-ms.ts'
import type { MaterialId, RenewAt } from '../material.ts'

interface Lifetime {
  readonly notBeforeMs: EpochMs
  readonly notAfterMs: EpochMs
}

/**
 * When a certificate falls due. The moment comes from its own lifetime, less an offset that is fixed per host and material:
 * no dice, so runs agree with each other and the hosts of a fleet spread. Never before half of the life is over, so that a
 * `remaining` longer than the life cannot renew at every run.
 */
export function dueAt(life: Lifetime, renewAt: RenewAt, spread: number, place: number): EpochMs {
  const lifetimeMs = life.notAfterMs - life.notBeforeMs
  const wantedMs =
    renewAt.kind === 'fraction' ? life.notBeforeMs + lifetimeMs * renewAt.of : life.notAfterMs - renewAt.ms
  const spreadMs = lifetimeMs * spread * place
  return Math.round(Math.max(wantedMs - spreadMs, life.notBeforeMs + lifetimeMs / 2))
}

/** This host's and material's fixed place, 0 to below 1, even over a fleet (FNV-1a with a final mix, 32 bit). */
export function fixedPlace(hostId: string, material: MaterialId): number {
  let hash = 0x811c9dc5
  for (const char of `${hostId}\n${material}`) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
}
