/** What can be done about a certificate that is installed and not served, in this order; what none of it helped stays owed. */
export const LADDER = ['again', 'restart', 'roll-back'] as const
export type LadderRung = (typeof LADDER)[number]

/** Written down before it is done: a run that is killed, or the next one, must not begin from the first rung again. */
export interface EscalationMemory {
  /** Of the certificate that was not served; for another one everything is to be tried anew. */
  readonly fingerprint: string
  readonly tried: readonly LadderRung[]
}

const DONE: Record<LadderRung, string> = {
  again: 'told again',
  restart: 'restarted',
  'roll-back': 'no way back found',
}

/** What was tried, as a status says it. */
export function describeTried(tried: readonly LadderRung[]): string {
  return tried.map((rung) => DONE[rung]).join(', ')
}

/** Whether a certificate that no consumer serves stays installed, or what was installed before it comes back. */
export const ON_UNSERVED = ['keep', 'roll-back'] as const
export type OnUnserved = (typeof ON_UNSERVED)[number]
