/** Whether what is installed was revoked: when the lists are asked, and what was learned of which certificate. Pure. */

import type { EpochMs } from '../epoch-ms.ts'
import { certificateOf, type Observation } from '../facts.ts'
import type { HostConfig } from '../host-config.ts'
import { isPaired, type MaterialId } from '../material.ts'
import type { MaterialMemory, RevocationMemory, RunMemory } from '../memory.ts'
import type { Step } from '../steps.ts'
import type { Decision } from './decision.ts'

type Config = Pick<HostConfig, 'renewal' | 'materials'>

/** When the certificate on disk was revoked, as a list said of this very one; undefined also when no list is asked. */
export function revokedAt(
  { renewal }: Pick<HostConfig, 'renewal'>,
  { materials, memory }: Observation,
  id: MaterialId,
): EpochMs | undefined {
  if (!renewal.checkRevocation) return undefined
  return knownOf(memory.materials[id], certificateOf(materials.get(id))?.fingerprint)?.revokedAtMs
}

/**
 * Once every `lookEveryMs`, for all certificates together, so that a host with many asks in one run of the day and not in each.
 * What is renewed anyway, has expired or is known to be revoked needs no list.
 */
export function revocationSteps(
  config: Config,
  observation: Observation,
  nowMs: EpochMs,
  decisions: readonly Decision[],
): Step[] {
  if (!config.renewal.checkRevocation) return []
  const stay = new Set(
    decisions.flatMap(({ kind, material }) => (kind === 'renew' || kind === 'restore' ? [] : [material])),
  )
  const asked = config.materials.filter(isPaired).filter(({ id }) => {
    const certificate = certificateOf(observation.materials.get(id))
    return (
      stay.has(id) &&
      certificate !== undefined &&
      nowMs < certificate.notAfterMs &&
      revokedAt(config, observation, id) === undefined
    )
  })
  if (!asked.some(({ id }) => isDue(config, observation, id, nowMs))) return []
  const mounts = [...new Set(asked.map(({ issuance }) => issuance.pkiMount))].join(', ')
  const materials = asked.map(({ id }) => id)
  return [
    {
      kind: 'check-revocation',
      materials,
      message: `ask the revocation lists of ${mounts} for what is installed`,
    },
  ]
}

function isDue(
  { renewal }: Config,
  { materials, memory }: Observation,
  id: MaterialId,
  nowMs: EpochMs,
): boolean {
  const fingerprint = certificateOf(materials.get(id))?.fingerprint
  const remembered = memory.materials[id]
  const known = knownOf(remembered, fingerprint)
  // Nobody revokes what was issued a moment ago.
  const issuedAtMs = remembered?.issued?.fingerprint === fingerprint ? remembered?.issued?.atMs : undefined
  const lastMs = known?.atMs ?? issuedAtMs
  const waitMs = known?.fault ? Math.min(AGAIN_AFTER_MS, renewal.lookEveryMs) : renewal.lookEveryMs
  // A clock that jumped back must not put the lists off for longer than the wait itself.
  return lastMs === undefined || nowMs < lastMs || nowMs >= lastMs + waitMs
}

/** What could not be learned may be mended by then. */
const AGAIN_AFTER_MS = 3_600_000

function knownOf(
  memory: MaterialMemory | undefined,
  fingerprint: string | undefined,
): RevocationMemory | undefined {
  return fingerprint !== undefined && memory?.revocation?.fingerprint === fingerprint
    ? memory.revocation
    : undefined
}

/** The memory with what a look has learned. */
export function rememberRevocations(
  memory: RunMemory,
  learned: readonly (readonly [MaterialId, RevocationMemory])[],
): RunMemory {
  const materials = { ...memory.materials }
  for (const [id, revocation] of learned) materials[id] = { ...materials[id], revocation }
  return { ...memory, materials }
}
