/**
 * Whether the source of a bundle must be looked at: ordered named checks like those of a renewal. The first that finds
 * something decides; a test pins the order.
 */

import { formatDuration, formatMoment } from '../duration.ts'
import type { EpochMs } from '../epoch-ms.ts'
import type { BundleFacts } from '../facts.ts'
import type { Bundle } from '../material.ts'
import type { MaterialMemory } from '../memory.ts'
import { composeBundle, describeChange, joinNeeds } from './bundle.ts'
import { isOwnInstall } from './installed-facts.ts'
import type { Verdict } from './renewal.ts'

export interface RefreshInput {
  readonly bundle: Bundle
  readonly facts: BundleFacts
  readonly memory: MaterialMemory | undefined
  readonly nowMs: EpochMs
  /** From `lookAt`; undefined when there is nothing to wait for. */
  readonly dueAtMs: EpochMs | undefined
  readonly forced: boolean
}

export type RefreshReason = (typeof REFRESH_CHECKS)[number]['reason'] | 'before-renewal'

/** The first finding in order, or undefined when the bundle on disk may stay as it is. */
export function judgeRefresh(input: RefreshInput): Verdict<RefreshReason> | undefined {
  for (const { reason, check } of REFRESH_CHECKS) {
    const message = check(input)
    if (message !== undefined) return { reason, message }
  }
  return undefined
}

/** When a mount is looked at again; a file is looked at by every run. A clock that jumped back must not hide it for longer. */
export function lookAt(
  { source }: Bundle,
  memory: MaterialMemory | undefined,
  nowMs: EpochMs,
  lookEveryMs: number,
): EpochMs | undefined {
  if (source.kind === 'file') return undefined
  const lastMs = memory?.bundle?.atMs
  return lastMs === undefined || lastMs > nowMs ? nowMs : lastMs + lookEveryMs
}

type Check = (input: RefreshInput) => string | undefined

export const REFRESH_CHECKS = [
  { reason: 'missing', check: fileIs('missing') },
  { reason: 'unreadable', check: fileIs('unreadable') },
  { reason: 'malformed', check: fileIs('malformed') },
  { reason: 'source-drift', check: sourceDrift },
  { reason: 'changed', check: changed },
  { reason: 'look', check: look },
  { reason: 'forced', check: ({ forced }) => (forced ? 'a look was asked for' : undefined) },
] as const satisfies readonly { reason: string; check: Check }[]

function fileIs(state: 'missing' | 'unreadable' | 'malformed'): Check {
  return ({ facts: { installed } }) =>
    installed.state === state ? `authorities: ${installed.why ?? state}` : undefined
}

/** The file it follows was edited, or what was kept beside it is needed no longer. */
function sourceDrift({ bundle: { source }, facts, memory, nowMs }: RefreshInput): string | undefined {
  if (source.kind !== 'file' || !facts.given) return undefined
  const needs = joinNeeds(memory?.bundle?.keepUntil ?? {}, facts.neededUntil, nowMs)
  const change = describeChange(composeBundle(facts.given, facts.installed.authorities ?? [], needs, nowMs))
  return change && `${source.path}: ${change}`
}

function changed({ facts, memory }: RefreshInput): string | undefined {
  if (!memory?.bundle || isOwnInstall(memory, facts)) return undefined
  return 'the file holds other authorities than keyroller installed'
}

function look({ memory, nowMs, dueAtMs }: RefreshInput): string | undefined {
  if (dueAtMs === undefined || nowMs < dueAtMs) return undefined
  if (!memory?.bundle) return 'its source was never looked at'
  return `last looked at ${formatDuration(Math.max(0, nowMs - memory.bundle.atMs))} ago, at ${formatMoment(memory.bundle.atMs)}`
}
