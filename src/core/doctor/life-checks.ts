/** What comes to its end: certificates that nobody renewed, and the authorities above them that nobody renews by itself. */
import { formatDuration, formatMoment } from '../duration.ts'
import type { EpochMs } from '../epoch-ms.ts'
import type { MaterialStatus } from '../status/rungs.ts'
import type { AuthorityFacts, DoctorFacts } from './facts.ts'
import type { Check, Flaw } from './finding.ts'

/** Half of the time between due and expired is past: runs fail, or there are none. */
export const overdueCheck: Check = ({ host, nowMs }) =>
  host?.statuses.flatMap(({ id, notAfterMs, dueAtMs }: MaterialStatus): Flaw[] => {
    if (notAfterMs === undefined || dueAtMs === undefined) return []
    const fix = `keyroller plan ${id} says what holds it; keyroller renew --now ${id}`
    const flaw = { subject: id, expected: 'renewed when it falls due', fix }
    if (nowMs >= notAfterMs) {
      const found = `expired ${formatDuration(nowMs - notAfterMs)} ago`
      return [{ severity: 'fail', ...flaw, found }]
    }
    if (nowMs < dueAtMs + (notAfterMs - dueAtMs) / 2) return []
    const found = `due for ${formatDuration(nowMs - dueAtMs)}, ${formatDuration(notAfterMs - nowMs)} left`
    return [{ severity: 'warn', ...flaw, found }]
  })

/** Long enough to hand new anchors to every host and client. */
const ANCHOR_NOTICE_MS = 60 * 86_400_000

/** A trust file may hold authorities that are on their way out; it bites when the last one goes. */
export const authorityCheck: Check = (facts) =>
  ofRole(facts, 'anchor', ({ subject, certificates }) => {
    const endMs = Math.max(...certificates.map(({ notAfterMs }) => notAfterMs))
    const expected = `an authority that lives for ${formatDuration(ANCHOR_NOTICE_MS)} more`
    const fix = `add the next authority to ${subject} before the server changes to it`
    return ending(subject, endMs, facts.nowMs, { leastMs: ANCHOR_NOTICE_MS, expected, fix })
  })

/** No certificate outlives its issuer: near its end, what is signed gets shorter than asked, and then is refused. */
export const issuerCheck: Check = (facts) => {
  const lifeOf = new Map(facts.host?.statuses.map((status) => [status.id as string, lifetimeMs(status)]))
  return ofRole(facts, 'issuer', ({ subject, certificates }) => {
    const endMs = Math.min(...certificates.map(({ notAfterMs }) => notAfterMs))
    const leastMs = 2 * (lifeOf.get(subject) ?? 0)
    const expected = `an issuer that lives for two certificates more, ${formatDuration(leastMs)}`
    const fix = 'renew the issuing authority on the server (PKI/issuers), then keyroller renew --now'
    return ending(subject, endMs, facts.nowMs, { leastMs, expected, fix })
  })
}

function lifetimeMs({ notBeforeMs = 0, notAfterMs = 0 }: MaterialStatus): number {
  return notAfterMs - notBeforeMs
}

function ofRole(
  { host }: DoctorFacts,
  role: AuthorityFacts['role'],
  judge: (one: AuthorityFacts) => Flaw[],
): Flaw[] | undefined {
  const all = host?.authorities.filter((one) => one.role === role && one.certificates.length > 0) ?? []
  return all.length === 0 ? undefined : all.flatMap(judge)
}

interface Ending {
  readonly leastMs: number
  readonly expected: string
  readonly fix: string
}

function ending(subject: string, endMs: EpochMs, nowMs: EpochMs, { leastMs, ...told }: Ending): Flaw[] {
  if (endMs - nowMs >= leastMs) return []
  const found = `the end at ${formatMoment(endMs)}`
  return [{ severity: nowMs >= endMs ? 'fail' : 'warn', subject, ...told, found }]
}
