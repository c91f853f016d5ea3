/** Why nothing is done about a material at this moment, of whatever kind it is. */

import { formatMoment } from '../duration.ts'
import type { EpochMs } from '../epoch-ms.ts'
import type { FaultRecord } from '../errors.ts'
import type { MaterialFacts } from '../facts.ts'
import type { Material } from '../material.ts'
import type { FailureMemory } from '../memory.ts'
import { isBackingOff } from './backoff.ts'
import type { Hold } from './decision.ts'

/** Why nothing of a material can be judged or written, whatever is to be done with it. */
export function holdUnjudgeable({ id }: Material, facts: MaterialFacts): Hold | undefined {
  const unusable = unusableSource(facts)
  if (unusable) {
    const { code, message } = unusable
    return { kind: 'hold', material: id, reason: 'no-anchors', fault: code, message }
  }
  for (const { wanted, unwritable, exposed } of facts.files) {
    if (exposed) {
      const { code, message } = exposed
      return { kind: 'hold', material: id, reason: 'on-disk', fault: code, message }
    }
    if (unwritable) {
      const { code, message } = unwritable
      return { kind: 'hold', material: id, reason: 'no-password', fault: code, message }
    }
    if (wanted.state === 'resolved') continue
    return {
      kind: 'hold',
      material: id,
      reason: 'owner-unknown',
      fault: 'owner-unknown',
      message: wanted.why,
    }
  }
  return undefined
}

/** The anchors of a pair, or what a bundle is judged by or follows. */
function unusableSource(facts: MaterialFacts): FaultRecord | undefined {
  switch (facts.kind) {
    case 'pair':
      return facts.chain.state === 'no-anchors' ? facts.chain.fault : undefined
    case 'bundle':
      return facts.unusable
    case 'secret':
    case 'keyset':
      return undefined
  }
}

/** Until its next try; undefined when it may be tried. */
export function holdBackingOff(
  { id }: Pick<Material, 'id'>,
  failure: FailureMemory | undefined,
  nowMs: EpochMs,
): Hold | undefined {
  if (!isBackingOff(failure, nowMs)) return undefined
  const { code, retryAtMs, count, message: last } = failure
  const message = `next try at ${formatMoment(retryAtMs)} after ${count} failed, last: ${last}`
  return { kind: 'hold', material: id, reason: 'backing-off', fault: code, message, retryAtMs }
}
