/** What a kind of reload target has to offer. `tellers.ts` holds one for each kind; `tell.ts` and `active.ts` use them. */
import type { Account } from '../command/account.ts'
import type { ReloadTarget, TargetKind } from '../core/consumers/target.ts'

/** A container, a unit or a program that a target means at this moment. */
export interface Member {
  /** As `MemberResult.member`. */
  readonly id: string
  /** What a person calls it. */
  readonly name: string
  /** Whose restart is its restart, as that one's id; unset: its own. */
  readonly restartedAs?: string
}

/** How the outside is reached. */
export interface Reach {
  /** Path of the podman API socket; the `podman` command stands in when nothing listens there. */
  readonly podmanSocket: string
  /** Path of Docker's API socket. */
  readonly dockerSocket: string
  /** keyroller's own environment. Only what `podman-cli.ts` names is handed to podman, and nothing to hooks. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Path of the bus of systemd's manager; default: of the manager that keyroller's user may command. */
  readonly managerSocket?: string
  /** Milliseconds since 1970. */
  readonly clock: () => number
  /** The text of a file of root's or of keyroller's user; throws a KeyrollerError for one that others may write. */
  readonly readTrusted: (path: string) => string
  /** Aborted at the deadline of the call or of the run. */
  readonly signal: AbortSignal
}

/** What it takes to ask podman. */
export interface PodmanReach extends Pick<Reach, 'podmanSocket' | 'environment' | 'signal'> {
  /** Whose containers are meant; unset: those of whoever listens on the socket. */
  readonly account?: Account
}

/** What hooks are told of the change, from `hook-environment.ts`. */
export type HookEnvironment = Readonly<Record<string, string>>

export interface TellReach extends Reach {
  readonly hookEnvironment: HookEnvironment
}

export interface Activity {
  readonly active: boolean
  /** The sentence: the state, or what was expected and found. */
  readonly message: string
}

/**
 * Each function may run until `reach.signal` aborts, and leaves nothing open behind it. What the outside does wrong
 * (hung, down, refused, gone) is a KeyrollerError `reload-failed` or `target-missing`; anything else thrown is a fault
 * of keyroller itself.
 */
export interface Teller<Target extends ReloadTarget> {
  /** Whom the target means now, in the order in which to tell them; also those that are down. */
  members(target: Target, reach: Reach): Promise<readonly Member[]>
  /** Tells one member and waits until it has settled. Never starts what is down. May be repeated. */
  tell(member: Member, target: Target, reach: TellReach): Promise<string>
  /** Stops and starts again one member that runs, and waits until it has settled. Only of kinds that can be. */
  restart?(member: Member, target: Target, reach: Reach): Promise<string>
  /** Looks at one member and changes nothing. Undefined when nothing of it runs between reloads. */
  look(member: Member, target: Target, reach: Reach): Promise<Activity | undefined>
}

export type TellerOf<Kind extends TargetKind> = Teller<Extract<ReloadTarget, { kind: Kind }>>
