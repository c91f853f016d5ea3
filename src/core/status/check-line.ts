/** The one line of a monitoring plugin: what a person reads, a bar, and the performance data. */

import { formatDuration } from '../duration.ts'
import { nameSome } from '../name-some.ts'
import { oneLine } from '../one-line.ts'
import type { CheckResult, End } from './check.ts'

/** NRPE cuts a line at 1024 bytes in its old form, Nagios at 8 kB: of so many certificates the figures fit. */
const MOST_FIGURES = 40

/** `KEYROLLER STATE - text|data`. */
export function checkLine(result: CheckResult): string {
  return `KEYROLLER ${result.state.toUpperCase()} - ${plain(textOf(result))}|${figures(result)}`
}

/** For what keeps the check from looking at all; there is no data then. */
export function unknownLine(message: string): string {
  return `KEYROLLER UNKNOWN - ${plain(message)}`
}

/** A bar would begin the performance data. */
function plain(text: string): string {
  return text.replaceAll('|', '/')
}

function textOf({ findings, counts, ends }: CheckResult): string {
  if (counts.materials === 0) return 'expected materials to check, found none configured'
  if (findings.length > 0)
    return nameSome(
      findings.map(({ material, message }) => oneLine(material ? `${material}: ${message}` : message)),
    )
  const ready = `${counts.materials - counts.notReady} of ${counts.materials} ready`
  const [first] = soonest(ends)
  return first ? `${ready}, ${first.material} ends first, in ${formatDuration(first.leftMs)}` : ready
}

function soonest(ends: readonly End[]): End[] {
  return ends.toSorted((a, b) => a.leftMs - b.leftMs)
}

/** `LABEL=VALUE;WARNING;CRITICAL;MIN;MAX`. A range `N:` alarms below N. */
function figures({ counts, ends }: CheckResult): string {
  const { materials, notReady, owed, failed, overdue } = counts
  const counted = Object.entries({ not_ready: notReady, owed, failed, overdue }).map(
    ([name, count]) => `${name}=${count};;;0${name === 'owed' ? '' : `;${materials}`}`,
  )
  const left = soonest(ends)
    .slice(0, MOST_FIGURES)
    .map(
      ({ material, leftMs, warningMs, criticalMs }) =>
        `'${material}'=${seconds(leftMs)}s;${range(warningMs)};${range(criticalMs)}`,
    )
  return [...counted, ...left].join(' ')
}

function range(limitMs: number | undefined): string {
  return limitMs === undefined ? '' : `${seconds(limitMs)}:`
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000)
}
