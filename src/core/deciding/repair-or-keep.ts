import { formatDuration, formatMoment } from '../duration.ts'
import type { EpochMs } from '../epoch-ms.ts'
import type { MaterialFacts } from '../facts.ts'
import type { Material } from '../material.ts'
import type { Decision } from './decision.ts'
import { findFileDrift } from './file-drift.ts'

/** What is left when nothing new is needed: files that drifted are mended, everything else stays. */
export function repairOrKeep(
  { id, layout }: Material,
  facts: MaterialFacts,
  kept: Pick<Extract<Decision, { readonly kind: 'keep' }>, 'reason' | 'message'>,
): Decision {
  const repairs = findFileDrift(facts, layout)
  if (repairs.length === 0) return { kind: 'keep', material: id, ...kept }
  const message = repairs.map((repair) => repair.message).join('; ')
  return { kind: 'repair', material: id, reason: 'file-drift', message, repairs }
}

/** `current`, and until when. */
export function keepMessage(dueAtMs: EpochMs | undefined, nowMs: EpochMs): string {
  if (dueAtMs === undefined) return 'current'
  return `current, due in ${formatDuration(dueAtMs - nowMs)}, at ${formatMoment(dueAtMs)}`
}
