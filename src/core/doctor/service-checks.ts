/** systemd itself, and what it makes of keyroller.service. */
import { formatDuration } from '../duration.ts'
import type { DoctorFacts, ServiceFacts } from './facts.ts'
import type { Check, Flaw } from './finding.ts'

const SERVICE = 'keyroller.service'

/** A host that reloads no units and starts keyroller by something else than the timer does without. */
export const managerCheck: Check = ({ systemd, host }) => {
  if (!systemd) return undefined
  if (systemd.silence === undefined) return []
  const isNeeded = host?.config.materials.some(({ reload }) => reload.some(({ kind }) => kind === 'systemd'))
  return [
    {
      severity: isNeeded ? 'fail' : 'warn',
      subject: 'systemd',
      expected: 'an answer on D-Bus',
      found: systemd.silence,
      fix: 'systemctl status dbus.socket; its timer, service and units were not looked at',
    },
  ]
}

/** A run that found another one at work counts as success in the unit. */
export const lastRunCheck: Check = (facts) =>
  ofService(facts, ({ result, exitStatus, lastRunMs }) => {
    if (lastRunMs === undefined) return undefined
    const flaw = { severity: 'fail', subject: SERVICE } as const
    if (result !== 'success') {
      const found = `${result}, exit code ${exitStatus}`
      return [
        {
          ...flaw,
          expected: 'the last run to succeed',
          found,
          fix: 'journalctl -u keyroller; docs/exit-codes.md',
        },
      ]
    }
    const { periodMs } = facts.systemd?.timer ?? {}
    const agoMs = facts.nowMs - lastRunMs
    if (periodMs === undefined || agoMs < LATE * periodMs) return []
    const expected = `a run every ${formatDuration(periodMs)}`
    const found = `the last one ${formatDuration(agoMs)} ago`
    return [{ ...flaw, expected, found, fix: 'systemctl list-timers keyroller.timer' }]
  })

/** Delays of the timer and a long run fit into one more period. */
const LATE = 3

/** Else systemd ends the run first, and nobody reads where it was. */
export const timeoutCheck: Check = (facts) =>
  ofService(facts, ({ startTimeoutMs }) => {
    if (!facts.host) return undefined
    const { runTimeoutMs } = facts.host.config.renewal
    if (startTimeoutMs !== undefined && startTimeoutMs > runTimeoutMs) return []
    const expected = `TimeoutStartSec= above [renewal] run_timeout, ${formatDuration(runTimeoutMs)}`
    const found =
      startTimeoutMs === undefined ? 'no limit: one hung run stops the timer' : formatDuration(startTimeoutMs)
    return [
      {
        severity: 'warn',
        subject: SERVICE,
        expected,
        found,
        fix: `systemctl edit ${SERVICE}: [Service] TimeoutStartSec=`,
      },
    ]
  })

/** What was written since does not hold yet. */
export const staleUnitCheck: Check = (facts) =>
  ofService(facts, ({ needsReload }) => {
    if (!needsReload) return []
    const expected = 'systemd to have read its files'
    return [
      {
        severity: 'warn',
        subject: SERVICE,
        expected,
        found: 'changes since',
        fix: 'systemctl daemon-reload',
      },
    ]
  })

function ofService(
  { systemd }: DoctorFacts,
  judge: (service: ServiceFacts) => readonly Flaw[] | undefined,
): readonly Flaw[] | undefined {
  const service = systemd?.service
  return service?.loadState === 'loaded' ? judge(service) : undefined
}
