/** What probes have met, as words: of one of them, and of all probes of a material together. */

/** Only `served` proves the fourth rung. What is wrong is told before what may only be slow: the order of the first found. */
export const SERVE_OUTCOMES = [
  'served',
  'old-certificate',
  'other-certificate',
  'chain-incomplete',
  'unverified',
  'probe-failed',
  'not-tls',
  'reset',
  'not-up',
] as const
export type ServeOutcome = (typeof SERVE_OUTCOMES)[number]

export interface Served {
  readonly outcome: ServeOutcome
  readonly message: string
  /** Why what is served was not verified as it was to be, although it is the certificate expected. */
  readonly unverified?: string
  /** SPIFFE ID of the verified chain. */
  readonly peer?: string
}

/** Several probes: served is what all of them are served, and else the gravest outcome stands for it, with every sentence. */
export function joinServed(all: readonly Served[]): Served {
  const missed = all.filter(({ outcome }) => outcome !== 'served')
  const told = missed.length > 0 ? missed : all
  const unverified = sentences(all.flatMap((one) => one.unverified ?? []))
  const [peer] = all.flatMap((one) => one.peer ?? [])
  return {
    outcome: SERVE_OUTCOMES.find((outcome) => told.some((one) => one.outcome === outcome)) ?? 'served',
    message: sentences(told.map(({ message }) => message)),
    ...(unverified === '' ? {} : { unverified }),
    ...(peer === undefined ? {} : { peer }),
  }
}

function sentences(all: readonly string[]): string {
  return [...new Set(all)].join('; ')
}
