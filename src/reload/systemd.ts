/** `systemd:UNIT`: a reload job of the manager over D-Bus (org.freedesktop.systemd1(5)), awaited to its result. */
import { KeyrollerError } from '../core/errors.ts'
import type { SystemdTarget } from '../core/target.ts'
import { SETTLE_MS, settle } from './settle.ts'
import { type Bus, type BusAddress, type BusCall, withBus } from './system-bus.ts'
import type { Activity, Teller } from './teller.ts'
import { findInactive, findUnsettledUnit, refusalOf, type UnitState } from './unit-state.ts'

export const systemdTeller: Teller<SystemdTarget> = {
  members: async ({ unit }) => [{ id: `unit:${unit}`, name: unit }],
  tell: (_member, { unit }, { signal }) =>
    reloadUnit(unit, { socketPath: managerSocket(process.getuid?.()), signal }),
  look: (_member, { unit }, { signal }) =>
    lookAtUnit(unit, { socketPath: managerSocket(process.getuid?.()), signal }),
}

/** The manager that keyroller's user may command: the system's for root, else the user's own. Never from DBUS_*. */
export function managerSocket(uid: number | undefined): string {
  return uid ? `/run/user/${uid}/bus` : '/run/dbus/system_bus_socket'
}

/**
 * Reloads an active unit and resolves once the job is done and the unit has stayed up. Never starts one. Everything else
 * is `reload-failed` or `target-missing`: inactive, masked, unknown, not reloadable, not allowed, failed, not settled.
 */
export function reloadUnit(unit: string, address: BusAddress): Promise<string> {
  return withBus(address, async (bus) => {
    // (1) Listen before asking: a reply to ReloadUnit is no result, and the job may end before the reply is read.
    await subscribe(bus)
    // (2) Only what runs is told. LoadUnit reads the unit file and starts nothing.
    const path = await loadUnit(bus, unit)
    const before = await readUnit(bus, path)
    const refusal = findInactive(before)
    if (refusal) throw new KeyrollerError('reload-failed', refusal)
    // (3) The job, and what became of it.
    const result = await runReloadJob(bus, unit)
    if (result !== 'done')
      throw new KeyrollerError(
        'reload-failed',
        `expected the reload job to end as done, found ${result}; see journalctl -u ${unit}`,
      )
    // (4) ExecReload= that only sends a signal is done before the service has read it.
    await settle(async () => findUnsettledUnit(before, await readUnit(bus, path)), address.signal)
    return `reload job done, still active ${SETTLE_MS / 1000}s later`
  })
}

/** Looks at the unit's state; loads its file, starts nothing. */
export function lookAtUnit(unit: string, address: BusAddress): Promise<Activity> {
  return withBus(address, async (bus) => {
    const state = await readUnit(bus, await loadUnit(bus, unit))
    const message = findInactive(state)
    return message ? { active: false, message } : { active: true, message: state.activeState }
  })
}

const SYSTEMD = 'org.freedesktop.systemd1'
const MANAGER = { destination: SYSTEMD, path: '/org/freedesktop/systemd1', interface: `${SYSTEMD}.Manager` }
const DBUS = 'org.freedesktop.DBus'

async function subscribe(bus: Bus): Promise<void> {
  const rule = `type='signal',sender='${SYSTEMD}',path='${MANAGER.path}',interface='${MANAGER.interface}',member='JobRemoved'`
  await replyTo(bus, {
    destination: DBUS,
    path: '/org/freedesktop/DBus',
    interface: DBUS,
    member: 'AddMatch',
    signature: 's',
    body: [rule],
  })
  await replyTo(bus, { ...MANAGER, member: 'Subscribe' })
}

async function loadUnit(bus: Bus, unit: string): Promise<string> {
  const { body } = await replyTo(bus, { ...MANAGER, member: 'LoadUnit', signature: 's', body: [unit] })
  return word(body[0], 'a unit path')
}

async function readUnit(bus: Bus, path: string): Promise<UnitState> {
  const property = async (name: string): Promise<unknown> => {
    const { body } = await replyTo(bus, {
      destination: SYSTEMD,
      path,
      interface: `${DBUS}.Properties`,
      member: 'Get',
      signature: 'ss',
      body: [`${SYSTEMD}.Unit`, name],
    })
    return (body[0] as { readonly value?: unknown } | undefined)?.value
  }
  return {
    loadState: word(await property('LoadState'), 'LoadState'),
    activeState: word(await property('ActiveState'), 'ActiveState'),
    invocation: bytes(await property('InvocationID')),
  }
}

/** Queues the job and waits for its result. `replace` supersedes a queued job of this unit, as `systemctl reload` does. */
async function runReloadJob(bus: Bus, unit: string): Promise<string> {
  const call = { ...MANAGER, member: 'ReloadUnit', signature: 'ss', body: [unit, 'replace'] }
  const { body, sender } = await replyTo(bus, call)
  const job = word(body[0], 'a job path')
  // JobRemoved(u id, o job, s unit, s result). Anyone on the bus may send us a signal; only the manager's counts.
  const removed = await bus.waitForSignal(
    (signal) => signal.member === 'JobRemoved' && signal.sender === sender && signal.body[1] === job,
  )
  return word(removed.body[3], 'a job result')
}

async function replyTo(bus: Bus, call: BusCall) {
  const answer = await bus.call(call)
  if (answer.kind === 'reply') return answer
  throw refusalOf(answer.name, answer.text)
}

function word(value: unknown, what: string): string {
  if (typeof value === 'string' && /^[\w/.:-]{1,4096}$/.test(value)) return value
  throw new KeyrollerError('reload-failed', `expected ${what} from systemd, found ${typeof value}`)
}

function bytes(value: unknown): string {
  return value instanceof Uint8Array || Array.isArray(value) ? Buffer.from(value).toString('hex') : ''
}
