/** The units to be told: what keeps them from it is found before the first reload, not by it. */
import type { DoctorFacts, UnitFacts } from './facts.ts'
import type { Check, Flaw } from './finding.ts'

export const loadedUnitCheck: Check = (facts) =>
  ofUnits(facts, ({ loadState }) =>
    loadState === 'loaded' || loadState === 'masked'
      ? undefined
      : { expected: 'loaded', found: loadState, fix: 'install it, or correct reload' },
  )

export const maskedUnitCheck: Check = (facts) =>
  ofUnits(facts, ({ unit, loadState }) =>
    loadState === 'masked'
      ? {
          expected: 'a unit that can be told',
          found: 'it masked',
          fix: `systemctl unmask ${unit}, or correct reload`,
        }
      : undefined,
  )

export const reloadableUnitCheck: Check = (facts) =>
  ofUnits(facts, ({ unit, loadState, canReload, restarts }) =>
    loadState === 'loaded' && !canReload && !restarts
      ? {
          expected: 'ExecReload=',
          found: 'none',
          fix: `give ${unit} ExecReload=, or its target restart = "always"`,
        }
      : undefined,
  )

/** keyroller never starts a unit: what is down stays down, and is owed. */
export const activeUnitCheck: Check = (facts) =>
  ofUnits(facts, ({ unit, loadState, activeState }) =>
    loadState === 'loaded' && activeState !== 'active' && activeState !== 'reloading'
      ? { expected: 'active', found: activeState, fix: `systemctl start ${unit}, or correct reload` }
      : undefined,
  )

/** Without it a user's manager starts at the first login and stops at the last logout (loginctl(1)). */
export const lingerCheck: Check = ({ users }) => {
  if (!users || users.length === 0) return undefined
  return users
    .filter(({ lingers }) => !lingers)
    .map(({ name }) => ({
      severity: 'fail',
      subject: name,
      expected: 'lingering, so that its manager and podman run without a login',
      found: 'none',
      fix: `loginctl enable-linger ${name}`,
    }))
}

function ofUnits(
  { systemd }: DoctorFacts,
  judge: (unit: UnitFacts) => Pick<Flaw, 'expected' | 'found' | 'fix'> | undefined,
): Flaw[] | undefined {
  if (!systemd || systemd.units.length === 0) return undefined
  return systemd.units.flatMap((unit) => {
    const flaw = judge(unit)
    return flaw ? [{ severity: 'fail' as const, subject: unit.unit, ...flaw }] : []
  })
}
