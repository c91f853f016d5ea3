/** What somebody is told of: that something began to be wrong, got worse or is over. The words are interface. */
import type { MaterialId } from '../material.ts'

/** What can be wrong: a rung or a try failed; a consumer waits to be told; a life ends and should not. */
export const TROUBLES = ['failed', 'owed', 'expiring'] as const
export type Trouble = (typeof TROUBLES)[number]

export type EventKind = Trouble | 'recovered' | 'skew-changed'

/** In the order of their weight. */
export const SEVERITIES = ['info', 'warning', 'critical'] as const
export type Severity = (typeof SEVERITIES)[number]

export const HOST = 'host'
export type Subject = MaterialId | typeof HOST

export interface NotifyEvent {
  readonly kind: EventKind
  readonly subject: Subject
  readonly severity: Severity
  /** A stable word for why: the reason of a rung, the code of a fault, the verdict of skew. */
  readonly reason: string
  readonly message: string
}

export function isWorse(severity: Severity, before: Severity): boolean {
  return SEVERITIES.indexOf(severity) > SEVERITIES.indexOf(before)
}
