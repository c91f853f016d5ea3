/** What would keep the next version from being put in use, told before it falls due: while there is time to mend it. */
import { formatMoment } from '../duration.ts'
import type { EpochMs } from '../epoch-ms.ts'
import { type KeysetDocument, versionIn } from './document.ts'
import { type KeysetFacts, type ShutGate, shutGates } from './gates.ts'
import type { KeysetPolicy } from './policy.ts'
import { stepsAhead } from './steps-ahead.ts'

export interface Forewarning {
  readonly reason: ShutGate['gate']
  readonly message: string
  readonly dueAtMs: EpochMs
}

/** When the next version falls due, once half of the time that peers had to learn of it is over; else there is nothing to ask yet. */
export function closeActivation(
  document: KeysetDocument,
  policy: KeysetPolicy,
  nowMs: EpochMs,
): { readonly version: number; readonly dueAtMs: EpochMs } | undefined {
  if (!versionIn(document, 'active')) return undefined
  const ahead = stepsAhead(document, policy, nowMs).find(({ step }) => step.kind === 'activate')
  if (!ahead || ahead.dueAtMs <= nowMs || ahead.dueAtMs - nowMs > policy.publishAheadMs / 2) return undefined
  return { version: ahead.step.version, dueAtMs: ahead.dueAtMs }
}

/** Undefined when all would be well. */
export function forewarn(
  { version, dueAtMs }: { readonly version: number; readonly dueAtMs: EpochMs },
  facts: KeysetFacts,
): Forewarning | undefined {
  const shut = shutGates(version, facts)
  const [first] = shut
  if (!first) return undefined
  const when = `version ${version} is to be put in use at ${formatMoment(dueAtMs)}`
  return { reason: first.gate, message: [when, ...shut.map(({ message }) => message)].join('; '), dueAtMs }
}
