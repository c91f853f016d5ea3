/** keyroller.timer: without it nothing happens by itself. */
import { formatDuration } from '../duration.ts'
import type { DoctorFacts, TimerFacts } from './facts.ts'
import type { Check, Flaw } from './finding.ts'

const TIMER = 'keyroller.timer'

export const enabledTimerCheck: Check = (facts) =>
  ofTimer(facts, ({ loadState, fileState }) => {
    if (loadState === 'not-found') return flaw('installed', 'none', 'install the package of keyroller')
    if (fileState === 'masked') return flaw('enabled', 'it masked', `${ctl(facts)} unmask ${TIMER}`)
    if (fileState === 'enabled' || fileState === 'enabled-runtime') return []
    return flaw('enabled', fileState || 'it not', `${ctl(facts)} enable --now ${TIMER}`)
  })

export const activeTimerCheck: Check = (facts) =>
  ofTimer(facts, ({ loadState, activeState }) => {
    if (loadState !== 'loaded') return undefined
    if (activeState === 'active') return []
    return flaw('active', activeState, `${ctl(facts)} start ${TIMER}`)
  })

/** One try must be left when one fails; fewer than three tries leave nobody time to mend what makes them fail. */
const TRIES = 3

/** Of each certificate it is the time from due to expired that counts. */
export const periodCheck: Check = (facts) =>
  ofTimer(facts, ({ periodMs }) => {
    if (periodMs === undefined || !facts.host) return undefined
    return facts.host.statuses.flatMap(({ id, dueAtMs, notAfterMs }): Flaw[] => {
      if (dueAtMs === undefined || notAfterMs === undefined) return []
      const restMs = notAfterMs - dueAtMs
      if (restMs >= TRIES * periodMs) return []
      return [
        {
          severity: restMs < periodMs ? 'fail' : 'warn',
          subject: id,
          expected: `${TIMER} at least every ${formatDuration(restMs / TRIES)}: from due to expired it is ${formatDuration(restMs)}`,
          found: `every ${formatDuration(periodMs)}`,
          fix: `${ctl(facts)} edit ${TIMER}, a shorter OnCalendar=; or a longer ttl, or an earlier renew_at`,
        },
      ]
    })
  })

function ofTimer(
  { systemd }: DoctorFacts,
  judge: (timer: TimerFacts) => readonly Flaw[] | undefined,
): readonly Flaw[] | undefined {
  return systemd?.timer && judge(systemd.timer)
}

function flaw(expected: string, found: string, fix: string): Flaw[] {
  return [{ severity: 'fail', subject: TIMER, expected, found, fix }]
}

/** The manager of whoever runs keyroller. */
function ctl({ uid }: Pick<DoctorFacts, 'uid'>): string {
  return uid === 0 ? 'systemctl' : 'systemctl --user'
}
