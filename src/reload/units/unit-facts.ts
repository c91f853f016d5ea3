/** What the manager says of units beside whether they are up: for `keyroller doctor`. Looks, changes nothing. */
import type { SandboxFacts, ServiceFacts, TimerFacts, UnitFacts } from '../../core/doctor/facts.ts'
import type { Bus } from './system-bus.ts'
import { loadUnit, replyTo, SYSTEMD } from './systemd.ts'

/** Rejects with `reload-failed` when the manager does not answer. */
export async function readUnitFacts(
  bus: Bus,
  unit: string,
): Promise<Omit<UnitFacts, 'materials' | 'restarts'> & Pick<TimerFacts, 'fileState'>> {
  const found = await readProperties(bus, unit, 'Unit')
  return {
    unit,
    loadState: textOf(found.LoadState),
    activeState: textOf(found.ActiveState),
    fileState: textOf(found.UnitFileState),
    canReload: found.CanReload === true,
  }
}

/** A timer, with the settings that say when it fires. */
export interface TimerReading extends Omit<TimerFacts, 'periodMs'> {
  /** Expressions of systemd.time(7). */
  readonly calendars: readonly string[]
  /** Between the end or the start of a run and the next. */
  readonly spansMs: readonly number[]
}

export async function readTimer(bus: Bus, unit: string): Promise<TimerReading> {
  const { LoadState, ActiveState, UnitFileState } = await readProperties(bus, unit, 'Unit')
  const timer = await readProperties(bus, unit, 'Timer')
  return {
    loadState: textOf(LoadState),
    activeState: textOf(ActiveState),
    fileState: textOf(UnitFileState),
    calendars: rowsOf(timer.TimersCalendar).map(([, expression]) => textOf(expression)),
    // Those that count from boot or from the start of the timer fire once.
    spansMs: rowsOf(timer.TimersMonotonic)
      .filter(([base]) => base === 'OnUnitActiveUSec' || base === 'OnUnitInactiveUSec')
      .map(([, span]) => millis(span) ?? 0),
  }
}

export async function readService(bus: Bus, unit: string): Promise<ServiceFacts> {
  const { LoadState, NeedDaemonReload } = await readProperties(bus, unit, 'Unit')
  const found = await readProperties(bus, unit, 'Service')
  const lastRunMs = millis(found.ExecMainExitTimestamp)
  const startTimeoutMs = millis(found.TimeoutStartUSec)
  return {
    loadState: textOf(LoadState),
    needsReload: NeedDaemonReload === true,
    result: textOf(found.Result),
    exitStatus: Number(found.ExecMainStatus ?? 0),
    ...(lastRunMs ? { lastRunMs } : {}),
    ...(startTimeoutMs === undefined ? {} : { startTimeoutMs }),
    sandbox: sandboxOf(found),
  }
}

type Properties = Readonly<Record<string, unknown>>

function sandboxOf(found: Properties): SandboxFacts {
  const own = [
    ...textsOf(found.StateDirectory).map((name) => `/var/lib/${name}`),
    ...textsOf(found.RuntimeDirectory).map((name) => `/run/${name}`),
  ]
  return {
    protectSystem: textOf(found.ProtectSystem),
    protectHome: textOf(found.ProtectHome),
    privateTmp: found.PrivateTmp === true,
    readWrite: [...textsOf(found.ReadWritePaths), ...own],
    readOnly: textsOf(found.ReadOnlyPaths),
    inaccessible: textsOf(found.InaccessiblePaths),
    temporary: rowsOf(found.TemporaryFileSystem).map(([path]) => textOf(path)),
    binds: rowsOf(found.BindPaths).map(([, destination]) => textOf(destination)),
    readOnlyBinds: rowsOf(found.BindReadOnlyPaths).map(([, destination]) => textOf(destination)),
  }
}

/** Every property of one interface of a unit. Rejects with `reload-failed` when the manager does not answer. */
export async function readProperties(
  bus: Bus,
  unit: string,
  kind: 'Unit' | 'Timer' | 'Service',
): Promise<Properties> {
  const { body } = await replyTo(bus, {
    destination: SYSTEMD,
    path: await loadUnit(bus, unit),
    interface: 'org.freedesktop.DBus.Properties',
    member: 'GetAll',
    signature: 's',
    body: [`${SYSTEMD}.${kind}`],
  })
  const variants = Object.entries((body[0] ?? {}) as Record<string, { readonly value?: unknown }>)
  return Object.fromEntries(variants.map(([name, variant]) => [name, variant?.value]))
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(textOf) : []
}

function rowsOf(value: unknown): unknown[][] {
  return Array.isArray(value) ? value.filter((row) => Array.isArray(row)) : []
}

/** Microseconds of 64 bits, all of them set for "never". */
function millis(value: unknown): number | undefined {
  const micros = Number(value ?? Number.NaN)
  return Number.isFinite(micros) && micros < NEVER ? micros / 1000 : undefined
}

const NEVER = 2 ** 63
