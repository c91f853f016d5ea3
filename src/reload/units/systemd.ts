/** `systemd:UNIT`: a reload job of a manager over D-Bus (org.freedesktop.systemd1(5)), awaited to its result. */

import { type SystemdTarget, wayOptions } from '../../core/consumers/target.ts'
import { withOptions } from '../../core/consumers/target-text.ts'
import { KeyrollerError } from '../../core/errors.ts'
import { accountOf } from '../account-of.ts'
import { later, settle, settling } from '../settle.ts'
import type { Activity, Reach, Teller } from '../teller.ts'
import { type Bus, type BusAddress, type BusCall, withBus } from './system-bus.ts'
import { findInactive, findUnsettledUnit, refusalOf, type UnitState } from './unit-state.ts'

export const systemdTeller: Teller<SystemdTarget> = {
  members: async (target) => [{ id: withOptions(unitMember(target), wayOptions(target)), name: target.unit }],
  tell: async (_member, target, reach) =>
    reloadUnit(target.unit, await managerAddress(target.user, reach), target.settleMs),
  restart: async (_member, target, reach) =>
    restartUnit(target.unit, await managerAddress(target.user, reach), target.settleMs),
  look: async (_member, { unit, user }, reach) => lookAtUnit(unit, await managerAddress(user, reach)),
}

/** The member that a unit is. No unit has a slash in its name. */
export function unitMember({ unit, user }: Pick<SystemdTarget, 'unit' | 'user'>): string {
  return user === undefined ? `unit:${unit}` : `unit:${user}/${unit}`
}

/**
 * The manager of an account, or the one that keyroller's user may command. A user's bus refuses root, and to become that user
 * (`systemctl --user --machine=USER@`, setpriv) takes rights that the service does not have. The manager's own socket, the one
 * that systemctl(1) uses, takes root's calls and needs neither a bus nor a session.
 */
export async function managerAddress(user: string | undefined, reach: Reach): Promise<BusAddress> {
  const { managerSocket: given, signal } = reach
  if (user === undefined) return { socketPath: given ?? managerSocket(process.getuid?.()), signal }
  const { uid } = await accountOf(user, signal)
  return { socketPath: `/run/user/${uid}/systemd/private`, owner: uid, signal }
}

/** The manager that keyroller's user may command: the system's for root, else the user's own. Never from DBUS_*. */
export function managerSocket(uid: number | undefined): string {
  return uid ? `/run/user/${uid}/bus` : '/run/dbus/system_bus_socket'
}

/**
 * Reloads an active unit and resolves once the job is done and the unit has stayed up. Never starts one. Everything else
 * is `reload-failed` or `target-missing`: inactive, masked, unknown, not reloadable, not allowed, failed, not settled.
 */
export function reloadUnit(unit: string, address: BusAddress, settleMs?: number): Promise<string> {
  return withBus(address, async (bus) => {
    const { path, before } = await findActive(bus, unit)
    await runJob(bus, unit, 'ReloadUnit')
    // ExecReload= that only sends a signal is done before the service has read it.
    return `reload job done, still active ${await staysUp(bus, path, before, address, settleMs)}`
  })
}

/** The same by a restart. What went down meanwhile stays down: TryRestartUnit leaves it so. */
export function restartUnit(unit: string, address: BusAddress, settleMs?: number): Promise<string> {
  return withBus(address, async (bus) => {
    const { path } = await findActive(bus, unit)
    await runJob(bus, unit, 'TryRestartUnit')
    const restarted = await readUnit(bus, path)
    return `restart job done, still active ${await staysUp(bus, path, restarted, address, settleMs)}`
  })
}

async function staysUp(
  bus: Bus,
  path: string,
  before: UnitState,
  { signal }: BusAddress,
  settleMs: number | undefined,
): Promise<string> {
  const time = settling({ ...(settleMs === undefined ? {} : { settleMs }) }, signal)
  await settle(async () => findUnsettledUnit(before, await readUnit(bus, path)), time)
  return later(time)
}

/** Looks at the unit's state; loads its file, starts nothing. */
export function lookAtUnit(unit: string, address: BusAddress): Promise<Activity> {
  return withBus(address, async (bus) => {
    const state = await readUnit(bus, await loadUnit(bus, unit))
    const message = findInactive(state)
    return message ? { active: false, message } : { active: true, message: state.activeState }
  })
}

export const SYSTEMD = 'org.freedesktop.systemd1'
const MANAGER = { destination: SYSTEMD, path: '/org/freedesktop/systemd1', interface: `${SYSTEMD}.Manager` }
const DBUS = 'org.freedesktop.DBus'

/** Only what runs is told: LoadUnit reads the unit file and starts nothing. */
async function findActive(
  bus: Bus,
  unit: string,
): Promise<{ readonly path: string; readonly before: UnitState }> {
  // Listen before asking: a reply to a job is no result, and the job may end before the reply is read.
  await subscribe(bus)
  const path = await loadUnit(bus, unit)
  const before = await readUnit(bus, path)
  const refusal = findInactive(before)
  if (refusal) throw new KeyrollerError('reload-failed', refusal)
  return { path, before }
}

async function subscribe(bus: Bus): Promise<void> {
  const rule = `type='signal',sender='${SYSTEMD}',path='${MANAGER.path}',interface='${MANAGER.interface}',member='JobRemoved'`
  const match = {
    destination: DBUS,
    path: '/org/freedesktop/DBus',
    interface: DBUS,
    member: 'AddMatch',
    signature: 's',
    body: [rule],
  }
  if (!bus.isPrivate) await replyTo(bus, match)
  await replyTo(bus, { ...MANAGER, member: 'Subscribe' })
}

/** The object path of a unit. Reads its file; starts nothing. */
export async function loadUnit(bus: Bus, unit: string): Promise<string> {
  const { body } = await replyTo(bus, { ...MANAGER, member: 'LoadUnit', signature: 's', body: [unit] })
  return word(body[0], 'a unit path')
}

async function readUnit(bus: Bus, path: string): Promise<UnitState> {
  const property = async (name: string): Promise<unknown> =>
    unwrap((await replyTo(bus, getProperty(path, 'Unit', name))).body)
  const state = {
    loadState: word(await property('LoadState'), 'LoadState'),
    activeState: word(await property('ActiveState'), 'ActiveState'),
    invocation: bytes(await property('InvocationID')),
  }
  // Last, so that a restart that shows in the others is counted.
  const restarts = await readRestarts(bus, path)
  return restarts === undefined ? state : { ...state, restarts }
}

/** Only a service has it, and only since systemd 235: what is refused here is no fault. */
async function readRestarts(bus: Bus, path: string): Promise<number | undefined> {
  const answer = await bus.call(getProperty(path, 'Service', 'NRestarts'))
  const value = answer.kind === 'reply' ? unwrap(answer.body) : undefined
  return Number.isSafeInteger(value) ? Number(value) : undefined
}

function getProperty(path: string, of: 'Unit' | 'Service', name: string): BusCall {
  return {
    destination: SYSTEMD,
    path,
    interface: `${DBUS}.Properties`,
    member: 'Get',
    signature: 'ss',
    body: [`${SYSTEMD}.${of}`, name],
  }
}

/** A variant, as dbus-next wraps it. */
function unwrap(body: readonly unknown[]): unknown {
  return (body[0] as { readonly value?: unknown } | undefined)?.value
}

/** Queues the job and waits for its result. `replace` supersedes a queued job of this unit, as systemctl(1) does. */
async function runJob(bus: Bus, unit: string, member: 'ReloadUnit' | 'TryRestartUnit'): Promise<void> {
  const { body, sender } = await replyTo(bus, {
    ...MANAGER,
    member,
    signature: 'ss',
    body: [unit, 'replace'],
  })
  const job = word(body[0], 'a job path')
  // JobRemoved(u id, o job, s unit, s result). Anyone on the bus may send us a signal; only the manager's counts.
  const removed = await bus.waitForSignal(
    (signal) => signal.member === 'JobRemoved' && signal.sender === sender && signal.body[1] === job,
  )
  const result = word(removed.body[3], 'a job result')
  if (result === 'done') return
  const what = member === 'ReloadUnit' ? 'reload' : 'restart'
  throw new KeyrollerError(
    'reload-failed',
    `expected the ${what} job to end as done, found ${result}; see journalctl -u ${unit}`,
  )
}

/** Rejects with what a refusal means, in words of ours. */
export async function replyTo(bus: Bus, call: BusCall) {
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
