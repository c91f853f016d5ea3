/**
 * The card of a host: what a fleet has to know of it, small whatever the host keeps, and nothing that is a secret. It is signed
 * with the key of the host's identity, so that whoever can write to the store can still not speak for a host.
 */

import { formatMoment } from '../duration.ts'
import type { EpochMs } from '../epoch-ms.ts'
import type { FleetConfig } from '../host-config.ts'
import { canonicalJson } from '../ledger/canonical.ts'
import type { LedgerHead } from '../ledger/head.ts'
import type { Rung } from '../status/rung.ts'
import type { MaterialStatus } from '../status/rungs.ts'
import type { SkewLine } from '../status/skew.ts'

export const CARD_SCHEMA = 1
export const CARD_RUNGS = ['issued', 'installed', 'loaded', 'served', 'verified'] as const
export type CardRung = (typeof CARD_RUNGS)[number]

/** Every list has its end, and what was left out is counted. */
export interface FleetCard {
  readonly schema: typeof CARD_SCHEMA
  /** Where the card lies, and who has to have signed it. */
  readonly name: string
  /** RFC 3339. */
  readonly at: string
  /** Seconds until the next card is written, at the latest. */
  readonly every: number
  /** Of keyroller. */
  readonly version: string
  /** Of the server, as the host last saw it. */
  readonly server?: string
  readonly skew: readonly CardSkew[]
  /** Of the run before. */
  readonly exit: number
  readonly ready: boolean
  readonly materials: number
  /** How many materials have reached a rung, by its name; those of which it is not asked count as reached. */
  readonly reached: Readonly<Record<CardRung, number>>
  /** The first materials that are not ready. */
  readonly unready: readonly CardFault[]
  /** What ends first. */
  readonly ends: readonly CardEnd[]
  /** Consumers that wait to be told. */
  readonly owed: number
  readonly ledger?: LedgerHead
  /** Of the keysets that it shares with others; unset where there are none. */
  readonly keysets?: readonly CardKeyset[]
}

export interface CardKeyset {
  /** Where it lies: `kv/keysets/tokens`. */
  readonly at: string
  /** Numbers of the versions that are installed here and that every consumer here knows. */
  readonly knows: readonly number[]
}

export type CardSkew = Pick<SkewLine, 'subject' | 'version' | 'verdict'>

export interface CardFault {
  readonly material: string
  readonly rung: CardRung
  readonly state: Rung['state']
  readonly reason: string
}

export interface CardEnd {
  readonly material: string
  /** RFC 3339. */
  readonly at: string
}

export interface CardInput {
  readonly name: string
  readonly everyMs: number
  readonly version: string
  readonly server?: string | undefined
  readonly skew: readonly SkewLine[]
  readonly exit: number
  readonly statuses: readonly MaterialStatus[]
  readonly interrupted: boolean
  readonly owed: number
  readonly ledger?: LedgerHead | undefined
  readonly keysets: readonly CardKeyset[]
  readonly nowMs: EpochMs
}

/** As many as a person reads; the host itself knows the rest. */
export const MOST_FAULTS = 16
export const MOST_ENDS = 8
export const MOST_AGENTS = 8
/** Others wait for a host that does not say what it knows, so none is left out that a host can bear. */
export const MOST_KEYSETS = 64

export function cardOf(input: CardInput): FleetCard {
  const { statuses, server, ledger, nowMs } = input
  const faults = statuses.flatMap(faultOf)
  return {
    schema: CARD_SCHEMA,
    name: input.name,
    at: formatMoment(nowMs),
    every: Math.round(input.everyMs / 1000),
    version: input.version,
    ...(server === undefined ? {} : { server }),
    skew: input.skew
      .slice(0, MOST_AGENTS)
      .map(({ subject, version, verdict }) => ({ subject, version, verdict })),
    exit: input.exit,
    ready: faults.length === 0 && !input.interrupted,
    materials: statuses.length,
    reached: reachedOf(statuses),
    unready: faults.slice(0, MOST_FAULTS),
    ends: endsOf(statuses),
    owed: input.owed,
    ...(ledger === undefined ? {} : { ledger: { seq: ledger.seq, hash: ledger.hash } }),
    ...(input.keysets.length === 0 ? {} : { keysets: input.keysets.slice(0, MOST_KEYSETS) }),
  }
}

/** What is signed. */
export function cardPayload(card: FleetCard): string {
  return canonicalJson(card)
}

/** In the mount, without `data/`. */
export function cardPath({ path }: Pick<FleetConfig, 'path'>, { name }: Pick<FleetCard, 'name'>): string {
  return `${path}/${name}`
}

function faultOf(status: MaterialStatus): CardFault[] {
  const rung = CARD_RUNGS.find((one) => !isReached(status[one]))
  if (rung === undefined) return []
  const { state, reason } = status[rung]
  return [{ material: status.id, rung, state, reason }]
}

function reachedOf(statuses: readonly MaterialStatus[]): FleetCard['reached'] {
  const count = (rung: CardRung) => statuses.filter((status) => isReached(status[rung])).length
  return {
    issued: count('issued'),
    installed: count('installed'),
    loaded: count('loaded'),
    served: count('served'),
    verified: count('verified'),
  }
}

function isReached({ state }: Rung): boolean {
  return state === 'yes' || state === 'off'
}

function endsOf(statuses: readonly MaterialStatus[]): CardEnd[] {
  return statuses
    .flatMap(({ id, notAfterMs }) => (notAfterMs === undefined ? [] : [{ id, notAfterMs }]))
    .sort((a, b) => a.notAfterMs - b.notAfterMs)
    .slice(0, MOST_ENDS)
    .map(({ id, notAfterMs }) => ({ material: id, at: formatMoment(notAfterMs) }))
}
