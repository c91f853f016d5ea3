import { formatMoment } from '../core/duration.ts'
import type { HostConfig } from '../core/material.ts'
import type { ServerMemory } from '../core/memory.ts'
import { type MaterialStatus, statusOf } from '../core/rungs.ts'
import type { LookResult } from './look.ts'

/** The rungs of every material of a look. */
export function statuses(
  config: HostConfig,
  { plan, observation, memory, nowMs }: LookResult,
): MaterialStatus[] {
  const decisions = new Map(plan.decisions.map((decision) => [decision.material, decision]))
  return config.materials.flatMap((material) => {
    const [facts, decision] = [observation.materials.get(material.id), decisions.get(material.id)]
    return facts && decision ? [statusOf({ material, facts, memory, decision, nowMs })] : []
  })
}

/** The published form: moments as RFC 3339 text, no millisecond numbers. */
export function statusJson(all: readonly MaterialStatus[], { memory, nowMs, interrupted }: LookResult) {
  return {
    schema: 1,
    at: formatMoment(nowMs),
    ready: all.every(({ ready }) => ready) && !interrupted,
    interrupted,
    ...(memory.server ? { server: serverJson(memory.server) } : {}),
    ...(memory.ledger?.head ? { ledger: memory.ledger.head } : {}),
    materials: all.map(materialJson),
  }
}

function serverJson({ version, atMs, retest }: ServerMemory) {
  const tested = retest && {
    at: formatMoment(retest.atMs),
    from: retest.from,
    works: retest.lines.every(({ fault }) => fault === undefined),
    checks: retest.lines,
  }
  return { version, seenAt: formatMoment(atMs), ...(tested ? { retest: tested } : {}) }
}

function materialJson({
  notBeforeMs,
  notAfterMs,
  dueAtMs,
  owed,
  rolledBack,
  failure,
  ...rest
}: MaterialStatus) {
  return {
    ...rest,
    ...moment('notBefore', notBeforeMs),
    ...moment('notAfter', notAfterMs),
    ...moment('dueAt', dueAtMs),
    owed: owed.map(({ target, sinceMs, attempts, message }) => ({
      target,
      since: formatMoment(sinceMs),
      attempts,
      message,
    })),
    ...(rolledBack ? { rolledBack: rolledBackJson(rolledBack) } : {}),
    ...(failure ? { failure: failureJson(failure) } : {}),
  }
}

function rolledBackJson({ atMs, ...rest }: NonNullable<MaterialStatus['rolledBack']>) {
  return { ...rest, at: formatMoment(atMs) }
}

function failureJson({ atMs, retryAtMs, ...rest }: NonNullable<MaterialStatus['failure']>) {
  return { ...rest, at: formatMoment(atMs), retryAt: formatMoment(retryAtMs) }
}

function moment(key: string, ms: number | undefined): Record<string, string> {
  return ms === undefined ? {} : { [key]: formatMoment(ms) }
}
