/** Judges what the manager says of a unit and of a reload, in plain words. */
import { KeyrollerError } from '../../core/errors.ts'

export interface UnitState {
  readonly loadState: string
  readonly activeState: string
  /** Hexadecimal; another one means that the unit has been started anew. */
  readonly invocation: string
  /** NRestarts of org.freedesktop.systemd1(5): how often systemd has restarted it by itself. Only of services. */
  readonly restarts?: number
}

/** A unit that reloads already, for someone else, is up too: systemd runs one more reload after it. */
const UP: ReadonlySet<string> = new Set(['active', 'reloading', 'refreshing'])

/** What speaks against a unit being up; undefined when it is. */
export function findInactive({ loadState, activeState }: UnitState): string | undefined {
  if (UP.has(activeState)) return undefined
  if (loadState === 'not-found') return 'expected active, found no such unit'
  return `expected active, found ${loadState === 'loaded' ? activeState : `${activeState} and ${loadState}`}`
}

/** What speaks against a unit having survived its reload; undefined when nothing does. */
export function findUnsettledUnit(before: UnitState, after: UnitState): string | undefined {
  const isCounted = after.restarts !== before.restarts
  if (!UP.has(after.activeState))
    return isCounted
      ? `expected it to stay active${counted(before)}, found ${after.activeState}${counted(after)}`
      : `expected it to stay active, found ${after.activeState}`
  if (after.invocation === before.invocation) return undefined
  return `expected it to keep running${counted(before)}, found it restarted${counted(after)}`
}

/** The count tells a consumer that died and was restarted from one that a person started anew. */
function counted({ restarts }: UnitState): string {
  return restarts === undefined ? '' : ` (NRestarts ${restarts})`
}

/** The manager's refusals in plain words. */
export function refusalOf(name: string, text: string): KeyrollerError {
  switch (name) {
    case 'org.freedesktop.systemd1.NoSuchUnit':
      return new KeyrollerError('target-missing', 'expected active, found no such unit')
    case 'org.freedesktop.systemd1.UnitMasked':
      return new KeyrollerError('target-missing', 'expected a unit that can be reloaded, found it masked')
    case 'org.freedesktop.systemd1.JobTypeNotApplicable':
      return new KeyrollerError('reload-failed', 'expected a unit with ExecReload=, found none')
    case 'org.freedesktop.DBus.Error.AccessDenied':
    case 'org.freedesktop.DBus.Error.InteractiveAuthorizationRequired':
      return new KeyrollerError(
        'reload-failed',
        `expected to be allowed to reload, found access denied: ${text}`,
      )
    case 'org.freedesktop.DBus.Error.ServiceUnknown':
    case 'org.freedesktop.DBus.Error.NameHasNoOwner':
      return new KeyrollerError('reload-failed', 'expected systemd on the bus, found nobody')
    default:
      return new KeyrollerError('reload-failed', `expected systemd to agree, found ${name}: ${text}`)
  }
}
