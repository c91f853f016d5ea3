import { formatMoment } from '../core/duration.ts'
import type { HostConfig } from '../core/host-config.ts'
import type { ServerMemory } from '../core/memory.ts'
import { continueHistory, type History } from '../core/status/history.ts'
import { type MaterialStatus, statusOf } from '../core/status/rungs.ts'
import { materialJson } from './material-json.ts'
import type { LookResult } from './observing/look.ts'

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

/**
 * The published form: moments as RFC 3339 text, no millisecond numbers. packaging/status.schema.json describes it, and the
 * suites hold every status they meet against that. `before` is what earlier runs have seen.
 */
export function statusJson(
  all: readonly MaterialStatus[],
  { memory, nowMs, interrupted }: LookResult,
  before: History,
) {
  const history = continueHistory(before, all, nowMs)
  return {
    schema: 1,
    at: formatMoment(nowMs),
    ready: all.every(({ ready }) => ready) && !interrupted,
    interrupted,
    ...(memory.server ? { server: serverJson(memory.server) } : {}),
    ...(memory.ledger?.head ? { ledger: memory.ledger.head } : {}),
    materials: all.map((one) => materialJson(one, history.materials[one.id])),
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
