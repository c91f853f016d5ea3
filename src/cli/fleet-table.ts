/** One line a host, then what was found, then how many are in which state. */
import { formatDuration, formatUntil } from '../core/duration.ts'
import type { EpochMs } from '../core/epoch-ms.ts'
import type { FleetCard } from '../core/fleet/card.ts'
import { type FleetReport, HOST_STATES, type HostReport, type HostState } from '../core/fleet/host-report.ts'
import type { Paint } from '../report/paint.ts'
import { columns } from './columns.ts'

export function fleetLines({ hosts, counts }: FleetReport, nowMs: EpochMs, color: Paint): string[] {
  const table = columns([TITLES, ...hosts.map((host) => cellsOf(host, nowMs))], (cell, row, column) =>
    shade(cell, column === STATE ? hosts[row - 1]?.state : undefined, color),
  )
  const findings = hosts.flatMap(({ name, findings }) =>
    findings.map(({ reason, message }) => `${name}: ${reason}: ${message}`),
  )
  const total = HOST_STATES.filter((state) => counts[state] > 0).map((state) => `${counts[state]} ${state}`)
  return [
    ...(hosts.length > 0 ? table : []),
    ...(findings.length > 0 ? ['', ...findings] : []),
    ...(hosts.length > 0 ? [''] : []),
    total.join(', ') || 'no cards',
  ]
}

const TITLES = ['HOST', 'STATE', 'SEEN', 'KEYROLLER', 'SERVER', 'SKEW', 'READY', 'OWED', 'ENDS'] as const
const STATE = 1

function shade(cell: string, state: HostState | undefined, color: Paint): string {
  if (state === undefined) return cell
  return state === 'ready' ? color.green(cell) : color.red(cell)
}

function cellsOf({ name, state, card }: HostReport, nowMs: EpochMs): string[] {
  if (!card) return [name, state, ...TITLES.slice(2).map(() => '-')]
  const { at, version, server = '-', materials, owed, ends } = card
  const readyCount = Math.min(...Object.values(card.reached))
  const [first] = ends
  return [
    ...[name, state, formatDuration(nowMs - Date.parse(at)), version, server, worstSkew(card)],
    ...[`${readyCount}/${materials}`, String(owed), first ? formatUntil(Date.parse(first.at), nowMs) : '-'],
  ]
}

/** Of keyroller and every agent beside it. */
function worstSkew({ skew }: FleetCard): string {
  const met = skew.map(({ verdict }) => verdict)
  return SKEW_ORDER.find((verdict) => met.includes(verdict)) ?? 'same'
}

const SKEW_ORDER = ['major', 'untested', 'minor', 'unknown', 'patch', 'same'] as const
