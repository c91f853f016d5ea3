/** One host of a fleet, in a word and with everything that was found. */
import type { FleetCard } from './card.ts'
import { type CardFinding, type CardFindingReason, isVerified } from './judge-card.ts'

/** The worst first. */
export const HOST_STATES = ['unverified', 'backwards', 'silent', 'not-ready', 'ready'] as const
export type HostState = (typeof HOST_STATES)[number]

export interface HostReport {
  readonly name: string
  readonly state: HostState
  readonly findings: readonly CardFinding[]
  /** Unset where nothing could be read, and where nobody knows who wrote it and that was to be strict. */
  readonly card?: FleetCard
}

export interface FleetReport {
  /** By name. */
  readonly hosts: readonly HostReport[]
  readonly counts: Readonly<Record<HostState, number>>
}

export function reportHost(
  name: string,
  card: FleetCard | undefined,
  findings: readonly CardFinding[],
  strict: boolean,
): HostReport {
  const isTold = card && (isVerified(findings) || !strict)
  return { name, state: stateOf(card, findings), findings, ...(isTold ? { card } : {}) }
}

export function reportFleet(hosts: readonly HostReport[]): FleetReport {
  const count = (state: HostState) => hosts.filter((host) => host.state === state).length
  return {
    hosts: hosts.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    counts: {
      unverified: count('unverified'),
      backwards: count('backwards'),
      silent: count('silent'),
      'not-ready': count('not-ready'),
      ready: count('ready'),
    },
  }
}

const STATE_OF: Readonly<Record<CardFindingReason, HostState>> = {
  unreadable: 'unverified',
  untrusted: 'unverified',
  misnamed: 'unverified',
  backwards: 'backwards',
  future: 'silent',
  stale: 'silent',
  gone: 'silent',
}

function stateOf(card: FleetCard | undefined, findings: readonly CardFinding[]): HostState {
  const met = findings.map(({ reason }) => STATE_OF[reason])
  return HOST_STATES.find((state) => met.includes(state)) ?? (card?.ready ? 'ready' : 'not-ready')
}
