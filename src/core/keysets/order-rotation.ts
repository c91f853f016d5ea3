import { formatMoment } from '../duration.ts'
import type { EpochMs } from '../epoch-ms.ts'
import { freeNumber, type KeysetDocument, type VersionIn, versionIn } from './document.ts'
import { type KeysetFacts, shutGates } from './gates.ts'
import { doneAlready, type OrderAnswer, type RotateNowOrder, type RotateOrder } from './order.ts'
import { nonePushed } from './order-refusals.ts'
import type { KeysetPolicy } from './policy.ts'
import { rotateNow } from './rotate-now.ts'

/** What its gates will hold back is told, and holds back nothing else. */
export function answerRotate(
  document: KeysetDocument,
  policy: KeysetPolicy,
  facts: KeysetFacts,
  { from }: RotateOrder,
  nowMs: EpochMs,
): OrderAnswer {
  const active = versionIn(document, 'active')
  if (policy.source === 'pushed' && !versionIn(document, 'next')) return nonePushed(document)
  if (!active)
    return doneAlready('no version is in use: the first is made and put in use without being asked for')
  if (from !== undefined && active.number !== from) return tookOver(active, from)
  const next = versionIn(document, 'next')
  if (next?.hastenedMs !== undefined)
    return doneAlready(takeover(next.number, active, whenKnown(next, policy, nowMs)))
  if (!next) return rotateToNew(document, active, policy, nowMs)
  const consequences = shutGates(next.number, facts).map(({ gate, message }) => ({ reason: gate, message }))
  const message = takeover(next.number, active, whenKnown(next, policy, nowMs))
  return { kind: 'steps', steps: [{ kind: 'hasten', version: next.number }], message, consequences }
}

function rotateToNew(
  document: KeysetDocument,
  active: VersionIn<'active'>,
  policy: KeysetPolicy,
  nowMs: EpochMs,
): OrderAnswer {
  const version = freeNumber(document)
  const when = whenKnown({ createdMs: nowMs }, policy, nowMs)
  return {
    kind: 'steps',
    steps: [
      { kind: 'make', version, keyKind: policy.kind },
      { kind: 'hasten', version },
    ],
    message: `version ${version} is made now; ${takeover(version, active, when)}`,
    consequences: [],
  }
}

function tookOver({ number }: VersionIn<'active'>, from: number): OrderAnswer {
  return doneAlready(`version ${from} is in use no more: version ${number} is`)
}

function takeover(version: number, { number }: VersionIn<'active'>, when: string): string {
  return `version ${version} takes over from version ${number} ${when}`
}

function whenKnown(
  { createdMs }: Pick<VersionIn<'next'>, 'createdMs'>,
  { publishAheadMs }: KeysetPolicy,
  nowMs: EpochMs,
): string {
  const knownAtMs = createdMs + publishAheadMs
  return knownAtMs <= nowMs ? 'with its gates open' : `at ${formatMoment(knownAtMs)}, with its gates open`
}

export function answerRotateNow(
  document: KeysetDocument,
  policy: KeysetPolicy,
  facts: KeysetFacts,
  { from, ...leak }: RotateNowOrder,
  nowMs: EpochMs,
): OrderAnswer {
  const active = versionIn(document, 'active')
  if (active && from !== undefined && active.number !== from) return tookOver(active, from)
  const isMade = leak.isNextLeaked || !versionIn(document, 'next')
  if (policy.source === 'pushed' && isMade) return nonePushed(document)
  const rotation = rotateNow(document, policy, facts, leak, nowMs)
  if (rotation) {
    const { step, message, consequences } = rotation
    return { kind: 'steps', steps: [step], message, consequences }
  }
  return {
    kind: 'refused',
    message: `${document.name}: expected a version in use, found none: what has leaked takes over from nothing`,
    hint: `keyroller keyset advance ${document.name}`,
  }
}
