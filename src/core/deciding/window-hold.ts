import { formatMoment } from '../duration.ts'
import type { EpochMs } from '../epoch-ms.ts'
import type { CertificateFacts, PairFacts } from '../facts.ts'
import type { Paired, WindowFloor } from '../material.ts'
import type { RenewalReason } from './renewal.ts'
import { isOpen, wallClockText } from './windows.ts'

/** What still works and may wait. A set that is broken or over gets worse by waiting. */
const CAN_WAIT: ReadonlySet<RenewalReason> = new Set([
  'due',
  'subject-drift',
  'key-type-drift',
  'issuer-drift',
])

/**
 * Why a renewal waits for a maintenance window, or undefined when it does not: without windows, within one, when the set
 * cannot wait, or when no more of its life is left than the floor. So no window can let a certificate expire.
 */
export function holdOutsideWindow(
  { windows }: Paired,
  { leaf }: PairFacts,
  reason: RenewalReason,
  nowMs: EpochMs,
): string | undefined {
  if (!windows || !leaf.certificate || !CAN_WAIT.has(reason)) return undefined
  const floorAtMs = floorMoment(leaf.certificate, windows.floor)
  if (nowMs >= floorAtMs || windows.open.some((one) => isOpen(one, nowMs))) return undefined
  const expected = windows.open.map(({ text }) => text).join(' or ')
  const zones = [...new Set(windows.open.map(({ timeZone }) => timeZone))]
  const found = zones.map((zone) => `${wallClockText(nowMs, zone)} ${zone}`).join(', ')
  return `expected ${expected}, found ${found}; renewed in any case from ${formatMoment(floorAtMs)}`
}

/** However late an operator would have it, enough is left for a server that is down for a while. */
const LEAST_SHARE_LEFT = 1 / 20

function floorMoment({ notBeforeMs, notAfterMs }: CertificateFacts, floor: WindowFloor): EpochMs {
  const lifetimeMs = notAfterMs - notBeforeMs
  const wantedMs = floor.kind === 'fraction' ? lifetimeMs * floor.of : floor.ms
  return Math.round(notAfterMs - Math.max(wantedMs, lifetimeMs * LEAST_SHARE_LEFT))
}
