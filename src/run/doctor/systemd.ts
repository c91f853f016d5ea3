/** keyroller's own units and those it tells, as the manager of this user has them. */
import { existsSync } from 'node:fs'
import type { SystemdFacts, UnitFacts } from '../../core/doctor/facts.ts'
import { toFault } from '../../core/errors.ts'
import type { HostConfig } from '../../core/host-config.ts'
import type { Host } from '../host.ts'
import { periodOf } from './timer-period.ts'

const TIMEOUT_MS = 10_000

/** sd_booted(3). */
export const BOOTED = '/run/systemd/system'

/** Undefined where systemd did not boot the host and nothing is asked of it. Never rejects. */
export async function lookAtSystemd(
  config: HostConfig | undefined,
  host: Host,
  signal: AbortSignal,
): Promise<SystemdFacts | undefined> {
  const told = unitsTold(config)
  if (told.length === 0 && !existsSync(BOOTED)) return undefined
  const [{ within }, { managerSocket }, { withBus }] = await Promise.all([
    import('../../reload/deadline.ts'),
    import('../../reload/units/systemd.ts'),
    import('../../reload/units/system-bus.ts'),
  ])
  const socketPath = managerSocket(host.uid)
  try {
    return await within({ timeoutMs: TIMEOUT_MS, signal }, (stop) =>
      withBus({ socketPath, signal: stop }, async (bus) => {
        const { readService, readTimer, readUnitFacts } = await import('../../reload/units/unit-facts.ts')
        const { calendars, spansMs, ...timer } = await readTimer(bus, 'keyroller.timer')
        const periodMs = await periodOf({ calendars, spansMs }, stop)
        const units: UnitFacts[] = []
        for (const unit of told) units.push({ ...(await readUnitFacts(bus, unit.unit)), ...unit })
        return {
          timer: { ...timer, ...(periodMs === undefined ? {} : { periodMs }) },
          podmanSocket: await readUnitFacts(bus, 'podman.socket'),
          service: await readService(bus, 'keyroller.service'),
          units,
        }
      }),
    )
  } catch (error) {
    return { silence: toFault(error).message, units: [] }
  }
}

function unitsTold(config: HostConfig | undefined): Pick<UnitFacts, 'unit' | 'materials' | 'restarts'>[] {
  const named = (config?.materials ?? []).flatMap(({ id, reload }) =>
    reload.flatMap((target) =>
      // Units of accounts are known to another manager.
      target.kind === 'systemd' && target.user === undefined
        ? [{ unit: target.unit, id, restarts: target.restart === 'always' }]
        : [],
    ),
  )
  return [...Map.groupBy(named, ({ unit }) => unit)].map(([unit, uses]) => ({
    unit,
    materials: uses.map(({ id }) => id),
    restarts: uses.every(({ restarts }) => restarts),
  }))
}
