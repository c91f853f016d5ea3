/** What the materials themselves say: the rungs that are not reached, and what waits for another try. */
import { formatDuration, formatMoment } from '../duration.ts'
import type { MaterialStatus } from '../status/rungs.ts'
import type { DoctorFacts } from './facts.ts'
import type { Check, Flaw } from './finding.ts'

export const interruptedCheck: Check = ({ host }) =>
  host &&
  (host.interrupted
    ? [
        {
          severity: 'warn',
          subject: host.config.stateDir,
          expected: 'no journal of a switch',
          found: 'one that was cut off',
          fix: 'keyroller recover',
        },
      ]
    : [])

export const installedCheck: Check = (facts) =>
  ofEach(facts, ({ id, installed, next }) => {
    if (installed.state === 'yes') return []
    const isWaiting = next.action === 'hold' && next.reason === 'not-enrolled'
    return [
      {
        severity: isWaiting ? 'fail' : 'warn',
        subject: id,
        expected: 'its files as configured',
        found: installed.message,
        fix: isWaiting ? `keyroller enroll ${id} --token FILE` : 'keyroller renew',
      },
    ]
  })

export const backingOffCheck: Check = (facts) =>
  ofEach(facts, ({ id, failure }) => {
    if (!failure) return []
    const { count, message, code, retryAtMs } = failure
    const tries = count === 1 ? 'a failed try' : `${count} failed tries in a row`
    return [
      {
        severity: 'fail',
        subject: id,
        expected: 'no failure since the last success',
        found: `${tries}, the next at ${formatMoment(retryAtMs)}, last ${code}: ${message}`,
        fix: `mend what it names, then keyroller renew --now ${id}`,
      },
    ]
  })

export const owedCheck: Check = (facts) =>
  facts.host &&
  [
    ...new Map(
      facts.host.statuses.flatMap(({ id, owed }) => owed.map((debt) => [debt.target, { ...debt, id }])),
    ).values(),
  ].map(({ id, target, sinceMs, attempts, message }): Flaw => {
    const why = message === undefined ? '' : `: ${message}`
    const tries = attempts === 1 ? 'one try' : `${attempts} tries`
    return {
      severity: 'fail',
      subject: target,
      expected: 'told of every change',
      found: `owed for ${formatDuration(facts.nowMs - sinceMs)}, after ${tries}${why}`,
      // Named, so that it waits for no next try.
      fix: `mend the consumer, then keyroller renew ${id}`,
    }
  })

export const servedCheck: Check = (facts) =>
  ofEach(facts, ({ id, served }) => {
    if (served.state !== 'no') return []
    return [
      {
        severity: 'fail',
        subject: id,
        expected: 'a client to get what is installed',
        found: served.message,
        fix: "look at the consumer's own log, then keyroller renew",
      },
    ]
  })

/** What is served may be right all the same; nobody has proved it. */
export const verifiedCheck: Check = (facts) =>
  ofEach(facts, ({ id, verified }) => {
    if (verified.state !== 'no') return []
    return [
      {
        severity: 'warn',
        subject: id,
        expected: 'whoever serves it to be verified as configured',
        found: verified.message,
        fix: `keyroller verify ${id}; docs/serve-check.md`,
      },
    ]
  })

function ofEach({ host }: DoctorFacts, judge: (status: MaterialStatus) => Flaw[]): Flaw[] | undefined {
  return host?.statuses.flatMap(judge)
}
