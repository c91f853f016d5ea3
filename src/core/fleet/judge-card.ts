/**
 * What is to be said of a host by its card. A signature tells who wrote it; that it lies under the name of somebody else, that it is old, and that
 * the ledger it tells of has become shorter, is found here.
 */
import { attest } from '../consumers/spiffe.ts'
import { formatDuration, formatMoment } from '../duration.ts'
import type { EpochMs } from '../epoch-ms.ts'
import type { FleetCard } from './card.ts'

/** What was read under one name. */
export interface ReadCard {
  readonly name: string
  /** As it was signed, or why there is none to judge. */
  readonly signed: SignedCard | { readonly fault: string }
  /** The card before this one, where the store has it still and it could be read. */
  readonly before?: FleetCard | undefined
  /** What was known of this host earlier, from elsewhere. */
  readonly known?: FleetCard | undefined
}

export interface SignedCard {
  readonly card: FleetCard
  readonly signer: { readonly commonName: string; readonly uris: readonly string[] }
  /** Why the certificate of the signer is not to be trusted. */
  readonly distrust?: string
}

export interface CardRules {
  /** Unset: by common name. */
  readonly trustDomain?: string | undefined
  readonly nowMs: EpochMs
}

/** In the order in which they are looked for; `gone` is for hosts that have no card to look at. */
export const CARD_FINDINGS = [
  'unreadable',
  'untrusted',
  'misnamed',
  'future',
  'stale',
  'backwards',
  'gone',
] as const
export type CardFindingReason = (typeof CARD_FINDINGS)[number]

export interface CardFinding {
  readonly reason: CardFindingReason
  readonly message: string
}

/** Whoever these are found of may be anybody. */
const IMPOSTOR: ReadonlySet<CardFindingReason> = new Set(['unreadable', 'untrusted', 'misnamed'])

export function isVerified(findings: readonly CardFinding[]): boolean {
  return !findings.some(({ reason }) => IMPOSTOR.has(reason))
}

export function judgeCard(read: ReadCard, rules: CardRules): CardFinding[] {
  const { name, signed, before, known } = read
  if ('fault' in signed) return [{ reason: 'unreadable', message: signed.fault }]
  const { card, distrust } = signed
  const found: readonly (readonly [CardFindingReason, string | undefined])[] = [
    ['untrusted', distrust],
    ['misnamed', nameFault(name, signed, rules)],
    ['future', futureFault(card, rules)],
    ['stale', staleFault(card, rules)],
    ['backwards', backwardsFault(card, before) ?? backwardsFault(card, known)],
  ]
  return found.flatMap(([reason, message]) => (message === undefined ? [] : [{ reason, message }]))
}

function nameFault(name: string, { card, signer }: SignedCard, { trustDomain }: CardRules) {
  if (card.name !== name) return `expected the card of ${name}, found that of ${card.name}`
  if (trustDomain === undefined)
    return signer.commonName === name
      ? undefined
      : `expected it signed by ${name}, found ${signer.commonName}`
  const attested = attest(signer.uris, trustDomain)
  if ('fault' in attested) return attested.fault
  const expected = `spiffe://${trustDomain}/${name}`
  return attested.peer === expected ? undefined : `expected it signed by ${expected}, found ${attested.peer}`
}

/** More than clocks of a fleet that is looked after differ. */
const AHEAD_MS = 5 * 60_000

function futureFault({ at }: FleetCard, { nowMs }: CardRules): string | undefined {
  if (Date.parse(at) <= nowMs + AHEAD_MS) return undefined
  return `expected a card of the past, found one of ${at}: compare the clocks`
}

/** A timer that was late once, or a server that was down for one card, alarms nobody. */
const MISSED_CARDS = 3

function staleFault({ at, every }: FleetCard, { nowMs }: CardRules): string | undefined {
  const ageMs = nowMs - Date.parse(at)
  if (ageMs <= MISSED_CARDS * every * 1000) return undefined
  return `expected a card every ${formatDuration(every * 1000)}, found the last one ${formatDuration(ageMs)} ago: see whether its keyroller.timer fires`
}

function backwardsFault(card: FleetCard, earlier: FleetCard | undefined): string | undefined {
  if (!earlier) return undefined
  if (Date.parse(card.at) < Date.parse(earlier.at))
    return `expected a card after that of ${earlier.at}, found one of ${card.at}`
  const [now, then] = [card.ledger, earlier.ledger]
  if (!then) return undefined
  const since = `its ledger at entry ${then.seq} or later, as at ${formatMoment(Date.parse(earlier.at))}`
  if (!now) return `expected ${since}, found none`
  if (now.seq < then.seq) return `expected ${since}, found it at ${now.seq}`
  if (now.seq === then.seq && now.hash !== then.hash)
    return `expected ${since}, found another entry ${now.seq}`
  return undefined
}
