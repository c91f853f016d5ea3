/**
 * What `keyroller check` answers a monitoring system, from the status alone. Words, exit codes and the form of the line are
 * those of the monitoring plugins: https://www.monitoring-plugins.org/doc/guidelines.html
 */
import { formatDuration, formatMoment } from '../duration.ts'
import type { EpochMs } from '../epoch-ms.ts'
import type { MaterialId } from '../material.ts'
import type { MaterialStatus } from './rungs.ts'
import { formatThreshold, type Threshold, thresholdMs } from './threshold.ts'

/** Exit codes of the convention. They are not those of `EXIT_CODES`. */
export const CHECK_EXITS = { ok: 0, warning: 1, critical: 2, unknown: 3 } as const
export type CheckState = keyof typeof CHECK_EXITS

export interface CheckThresholds {
  readonly warning: Threshold
  readonly critical: Threshold
}

/** A healthy host renews with a third left: below a quarter, renewals have failed for a while. */
export const DEFAULT_THRESHOLDS: CheckThresholds = {
  warning: { kind: 'fraction', of: 0.25 },
  critical: { kind: 'fraction', of: 0.1 },
}

/** How long a due renewal may wait for the timer before somebody should ask whether that still fires. */
const OVERDUE_MS = 2 * 3_600_000

export interface CheckInput {
  readonly statuses: readonly MaterialStatus[]
  /** A switch of files was cut off. */
  readonly interrupted: boolean
  readonly thresholds: CheckThresholds
  readonly nowMs: EpochMs
}

export interface CheckResult {
  readonly state: CheckState
  /** The critical ones first, each kind in the order of the configuration. */
  readonly findings: readonly Finding[]
  readonly counts: CheckCounts
  readonly ends: readonly End[]
}

export interface Finding {
  readonly state: 'warning' | 'critical'
  /** Unset is the host as a whole. */
  readonly material?: MaterialId
  readonly reason: FindingReason
  readonly message: string
}

export type FindingReason =
  | 'interrupted'
  | 'issued'
  | 'installed'
  | 'served'
  | 'verified'
  | 'ends'
  | 'owed'
  | 'failed'
  | 'overdue'
  | 'held'

export interface CheckCounts {
  readonly materials: number
  readonly notReady: number
  readonly owed: number
  readonly failed: number
  readonly overdue: number
}

/** What is left of a certificate, negative once it is over; a limit is unset where it cannot be told. */
export interface End {
  readonly material: MaterialId
  readonly leftMs: number
  readonly warningMs?: number
  readonly criticalMs?: number
}

/** `unknown` is a host that keeps nothing. */
export function judgeCheck(input: CheckInput): CheckResult {
  const { statuses, interrupted } = input
  const found = statuses.flatMap((status) => findingsOf(status, input))
  const all = interrupted ? [INTERRUPTED, ...found] : found
  const findings = [
    ...all.filter(({ state }) => state === 'critical'),
    ...all.filter(({ state }) => state === 'warning'),
  ]
  const state = statuses.length === 0 ? 'unknown' : (findings[0]?.state ?? 'ok')
  return { state, findings, counts: countsOf(input), ends: statuses.flatMap((one) => endOf(one, input)) }
}

const INTERRUPTED: Finding = {
  state: 'warning',
  reason: 'interrupted',
  message: 'a switch of files was cut off, keyroller renew finishes or undoes it',
}

/** A rung of which nothing is known is counted as not ready and alarms nobody: the first renewal tells. */
function findingsOf(status: MaterialStatus, input: CheckInput): Finding[] {
  const { id, issued, installed, served, verified, loaded, owed, failure, held } = status
  const isMended = status.next.action === 'repair'
  const found: [Finding['state'], Finding['reason'], string | false][] = [
    ['critical', 'issued', issued.state === 'no' && `not issued: ${issued.message}`],
    [
      isMended ? 'warning' : 'critical',
      'installed',
      installed.state === 'no' && `not installed: ${installed.message}`,
    ],
    ['critical', 'served', served.state === 'no' && `not served: ${served.message}`],
    ['warning', 'verified', verified.state === 'no' && `not verified: ${verified.message}`],
    ['warning', 'owed', owed.length > 0 && `not loaded: ${loaded.message}`],
    ['warning', 'failed', failure !== undefined && `${failure.count} tries failed: ${failure.message}`],
    ['warning', 'overdue', isOverdue(status, input.nowMs) && overdueMessage(status)],
    ['warning', 'held', held ? held.message : false],
  ]
  const told = found.flatMap(([state, reason, message]): Finding[] =>
    message === false ? [] : [{ state, material: id, reason, message }],
  )
  return issued.state === 'no' ? told : [...told, ...endFindings(status, input)]
}

function endFindings(status: MaterialStatus, input: CheckInput): Finding[] {
  return endOf(status, input).flatMap(({ material, leftMs, warningMs, criticalMs }): Finding[] => {
    const state = isBelow(leftMs, criticalMs)
      ? 'critical'
      : isBelow(leftMs, warningMs)
        ? 'warning'
        : undefined
    if (state === undefined) return []
    const limit = formatThreshold(input.thresholds[state])
    const message = `expected more than ${limit} of its life left, found ${formatDuration(leftMs)}`
    return [{ state, material, reason: 'ends', message }]
  })
}

function isBelow(leftMs: number, limitMs: number | undefined): boolean {
  return limitMs !== undefined && leftMs <= limitMs
}

function endOf(status: MaterialStatus, { thresholds, nowMs }: CheckInput): End[] {
  const { id, notAfterMs } = status
  if (notAfterMs === undefined) return []
  const warningMs = thresholdMs(thresholds.warning, status)
  const criticalMs = thresholdMs(thresholds.critical, status)
  return [
    {
      material: id,
      leftMs: notAfterMs - nowMs,
      ...(warningMs === undefined ? {} : { warningMs }),
      ...(criticalMs === undefined ? {} : { criticalMs }),
    },
  ]
}

/** What waits for its window waits as it should. */
function isOverdue({ dueAtMs, next }: MaterialStatus, nowMs: EpochMs): boolean {
  if (dueAtMs === undefined || next.action === 'keep' || next.reason === 'outside-window') return false
  return nowMs - dueAtMs > OVERDUE_MS
}

function overdueMessage({ dueAtMs = 0, next }: MaterialStatus): string {
  const since = `due since ${formatMoment(dueAtMs)}`
  if (next.reason === 'gate-shut') return `${since}, and held: ${next.message}`
  return `${since} and not renewed, see whether keyroller.timer fires`
}

function countsOf({ statuses, nowMs }: CheckInput): CheckCounts {
  const count = (test: (one: MaterialStatus) => boolean) => statuses.filter(test).length
  return {
    materials: statuses.length,
    notReady: count(({ ready }) => !ready),
    owed: new Set(statuses.flatMap(({ owed }) => owed.map(({ target }) => target))).size,
    failed: count(({ failure }) => failure !== undefined),
    overdue: count((one) => isOverdue(one, nowMs)),
  }
}
