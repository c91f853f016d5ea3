/**
 * What a renewal or a reading needs of the server, tested again when that has become another one. An upgrade that breaks a login
 * or a role must be found on its day, not on the day a certificate falls due.
 */
import type { PlanOptions } from '../deciding/decision.ts'
import { formatMoment } from '../duration.ts'
import type { EpochMs } from '../epoch-ms.ts'
import type { HostConfig } from '../host-config.ts'
import { loginOf, needsLogin, type Paired } from '../material.ts'
import {
  RETEST_CHECKS,
  type RetestCheck,
  type RetestLine,
  type RunMemory,
  type ServerMemory,
} from '../memory.ts'
import type { Step } from '../steps.ts'

/**
 * Along with everything else that is asked of the server, and once every `lookEveryMs` on its own. A server that was never
 * seen has not changed, and who names materials wants those.
 */
export function retestSteps(
  { renewal, materials }: HostConfig,
  { server }: RunMemory,
  nowMs: EpochMs,
  { only, asksServer }: Pick<PlanOptions, 'only'> & { readonly asksServer: boolean },
): Step[] {
  const ids = materials.filter(needsLogin).map(({ id }) => id)
  if (!server || only || ids.length === 0) return []
  const waitMs = hasFailures(server) ? Math.min(AGAIN_AFTER_MS, renewal.lookEveryMs) : renewal.lookEveryMs
  // A clock that jumped back must not keep the server out of sight for longer than the wait itself.
  const isDue = nowMs >= server.atMs + waitMs || nowMs < server.atMs
  if (!asksServer && !isDue) return []
  return [{ kind: 'retest', materials: ids, message: `${WHAT} unless it is still ${server.version}` }]
}

/** What failed may have been mended since. */
const AGAIN_AFTER_MS = 3_600_000

const WHAT = 'look at the server, and test every login, a dry signing for every role and every secret'

/** Another version than remembered, or the same one after a test that found something. */
export function needsRetest(known: ServerMemory | undefined, version: string): boolean {
  return known !== undefined && (known.version !== version || hasFailures(known))
}

function hasFailures({ retest }: ServerMemory): boolean {
  return (retest?.lines ?? []).some(({ fault }) => fault !== undefined)
}

/** One material for each role a login signs with: what a role allows does not depend on the material. */
export function onePerRole(materials: readonly Paired[]): Paired[] {
  const byRole = new Map<string, Paired>()
  for (const material of materials) {
    const { pkiMount, role } = material.issuance
    const key = [loginOf(material), pkiMount, role].join('\0')
    if (!byRole.has(key)) byRole.set(key, material)
  }
  return [...byRole.values()]
}

const CHECKS: Record<RetestCheck, string> = { login: 'login', sign: 'dry signing', read: 'reading' }

/** Failed lines as sentences; empty when everything works. */
export function retestFailures(lines: readonly RetestLine[]): string[] {
  return lines.flatMap(({ subject, check, fault }) =>
    fault ? [`${subject}: ${CHECKS[check]}: ${fault.message}`] : [],
  )
}

/** What `status` says of the last test, or nothing when there was none. */
export function describeRetest({ version, retest }: ServerMemory): string[] {
  if (!retest) return []
  const failed = retestFailures(retest.lines)
  const when = `tested anew at ${formatMoment(retest.atMs)} after ${retest.from}`
  if (failed.length > 0) return failed.map((line) => `server ${version}, ${when}: ${line}`)
  return [`server ${version}, ${when}: ${countChecks(retest.lines)} work`]
}

/** `1 login, 2 dry signings and 1 reading`. */
export function countChecks(lines: readonly RetestLine[]): string {
  const parts = RETEST_CHECKS.flatMap((check) => {
    const count = lines.filter((line) => line.check === check).length
    return count > 0 || check !== 'read' ? [`${count} ${CHECKS[check]}${count === 1 ? '' : 's'}`] : []
  })
  return `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`
}
