import { formatMoment } from '../duration.ts'
import type { EpochMs } from '../epoch-ms.ts'
import type { Consequence } from './consequence.ts'
import { isPairKind, type KeysetDocument, stateOf, versionOf } from './document.ts'
import { followsFrom } from './follows.ts'
import { doneAlready, type OrderAnswer } from './order.ts'
import { heldVersion, tooEarly, unknownVersion } from './order-refusals.ts'
import type { KeysetPolicy } from './policy.ts'
import { type KeysetStep, staysAccepted } from './steps-ahead.ts'

export function answerRetire(
  document: KeysetDocument,
  policy: KeysetPolicy,
  number: number,
  nowMs: EpochMs,
): OrderAnswer {
  const version = versionOf(document, number)
  if (!version) return unknownVersion(document, number)
  if (version.state === 'retired') return doneAlready(`version ${number} is accepted no more already`)
  if (version.state !== 'retiring') return tooEarly(document, version, 'retiring')
  if (staysAccepted(version, policy)) return heldVersion(document, version, policy)
  const step = { kind: 'retire', version: number } as const
  const { acceptUntilMs } = version
  const until = formatMoment(acceptUntilMs)
  const early: Consequence = {
    reason: 'refused-early',
    message: `what version ${number} has made is refused at once, though it was to be accepted until ${until}`,
  }
  const consequences = [
    ...(acceptUntilMs > nowMs ? [early] : []),
    ...followsFrom(document, [step], policy, nowMs),
  ]
  return { kind: 'steps', steps: [step], message: `version ${number} is accepted no more`, consequences }
}

export function answerDestroy(document: KeysetDocument, policy: KeysetPolicy, number: number): OrderAnswer {
  const version = versionOf(document, number)
  if (!version) return unknownVersion(document, number)
  if (stateOf(version) === 'destroyed') return doneAlready(`nothing is left of version ${number} already`)
  if (version.state !== 'retired') return tooEarly(document, version, 'retired')
  if (version.hold || policy.legalHold !== undefined) return heldVersion(document, version, policy)
  const step: KeysetStep = { kind: 'destroy', version: number }
  const use = isPairKind(version.kind) || version.kind.startsWith('hmac') ? 'verified' : 'decrypted'
  const message = `what version ${number} has made can never be ${use} again, also not as evidence`
  const gone: Consequence = { reason: 'bytes-gone', message }
  return {
    kind: 'steps',
    steps: [step],
    message: `nothing is left of version ${number}`,
    consequences: [gone],
  }
}
