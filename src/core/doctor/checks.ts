/**
 * Everything that will bite later, as an ordered list of named checks. Each judges facts that were gathered before and says
 * what was expected, what was found and what to do; docs/doctor.md has a row for each, and a test ties the two.
 */
import { configCheck, guardedCheck } from './config-checks.ts'
import { reachedCheck } from './consumer-checks.ts'
import { bindCheck, podmanCheck } from './container-checks.ts'
import { directoryCheck, inodesCheck, keyModesCheck, spaceCheck } from './directory-checks.ts'
import type { DoctorFacts } from './facts.ts'
import type { Check, Finding } from './finding.ts'
import { authorityCheck, issuerCheck, overdueCheck } from './life-checks.ts'
import {
  backingOffCheck,
  installedCheck,
  interruptedCheck,
  owedCheck,
  servedCheck,
  verifiedCheck,
} from './rung-checks.ts'
import { sandboxCheck } from './sandbox-check.ts'
import { clockCheck, loginCheck, serverCheck, serverSideCheck, skewCheck } from './server-checks.ts'
import { lastRunCheck, managerCheck, staleUnitCheck, timeoutCheck } from './service-checks.ts'
import { activeTimerCheck, enabledTimerCheck, periodCheck } from './timer-checks.ts'
import {
  activeUnitCheck,
  lingerCheck,
  loadedUnitCheck,
  maskedUnitCheck,
  reloadableUnitCheck,
} from './unit-checks.ts'

interface Row {
  readonly id: string
  /** What holds where the check finds nothing. */
  readonly good: string
  readonly check: Check
}

export const DOCTOR_CHECKS = [
  { id: 'config', good: 'a valid configuration that names only what this host has', check: configCheck },
  {
    id: 'config-guarded',
    good: 'nobody else can replace a file that decides something',
    check: guardedCheck,
  },
  { id: 'key-modes', good: 'no key or secret that everybody may read', check: keyModesCheck },
  {
    id: 'key-directories',
    good: 'no directory of keys or secrets that everybody may write in',
    check: directoryCheck,
  },
  { id: 'disk-space', good: 'space for the next files', check: spaceCheck },
  { id: 'inodes', good: 'inodes for the next files', check: inodesCheck },
  { id: 'interrupted', good: 'no switch of files that was cut off', check: interruptedCheck },
  { id: 'installed', good: 'every file as configured', check: installedCheck },
  { id: 'overdue', good: 'nothing expired, and nothing long due', check: overdueCheck },
  { id: 'authority-end', good: 'trust files with an authority that lives on', check: authorityCheck },
  { id: 'issuer-end', good: 'issuers that outlive the next certificates', check: issuerCheck },
  { id: 'backing-off', good: 'nothing that waits after failed tries', check: backingOffCheck },
  { id: 'owed', good: 'no consumer left untold', check: owedCheck },
  { id: 'unserved', good: 'served was what is installed, whenever a client looked', check: servedCheck },
  { id: 'unverified', good: 'who serves was verified, whenever a client looked', check: verifiedCheck },
  { id: 'podman', good: 'podman answers', check: podmanCheck },
  { id: 'mounts', good: 'no container that mounts a renewed file by itself', check: bindCheck },
  { id: 'reached', good: 'every other consumer is up and can be told', check: reachedCheck },
  { id: 'systemd', good: 'systemd answers on D-Bus', check: managerCheck },
  { id: 'unit-loaded', good: 'every unit to be told is there', check: loadedUnitCheck },
  { id: 'unit-masked', good: 'no unit to be told is masked', check: maskedUnitCheck },
  { id: 'unit-reload', good: 'every unit to be told can do what it is told', check: reloadableUnitCheck },
  { id: 'unit-active', good: 'every unit to be told is up', check: activeUnitCheck },
  { id: 'timer-enabled', good: 'a timer that is started at boot', check: enabledTimerCheck },
  { id: 'timer-active', good: 'a timer that runs', check: activeTimerCheck },
  { id: 'timer-period', good: 'a timer that leaves time to mend', check: periodCheck },
  { id: 'last-run', good: 'the last run succeeded, and not long ago', check: lastRunCheck },
  { id: 'run-timeout', good: 'a unit that lets a run end by itself', check: timeoutCheck },
  { id: 'unit-stale', good: 'units that systemd has read since they changed', check: staleUnitCheck },
  { id: 'sandbox', good: 'a sandbox in which every file can be written', check: sandboxCheck },
  { id: 'linger', good: 'users whose containers and units outlive a login', check: lingerCheck },
  { id: 'vault', good: 'a server that answers, is trusted and unsealed', check: serverCheck },
  { id: 'clock', good: "this host's clock and the server's agree", check: clockCheck },
  { id: 'login', good: 'every identity logs in, and its secrets and keysets can be read', check: loginCheck },
  {
    id: 'server-side',
    good: 'policies and roles as this host needs them, as far as it may see',
    check: serverSideCheck,
  },
  { id: 'skew', good: 'versions that go together', check: skewCheck },
] as const satisfies readonly Row[]

export type CheckId = (typeof DOCTOR_CHECKS)[number]['id']

/** In the order of the table; a check that had nothing to look at says nothing. */
export function diagnose(facts: DoctorFacts): Finding<CheckId>[] {
  return DOCTOR_CHECKS.flatMap(({ id, good, check }): Finding<CheckId>[] => {
    const flaws = (check as Check)(facts)
    if (flaws === undefined) return []
    if (flaws.length === 0) return [{ id, severity: 'ok', expected: good, found: 'as expected' }]
    return flaws.map((flaw) => ({ id, ...flaw }))
  })
}
