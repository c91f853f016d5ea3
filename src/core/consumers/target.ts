/**
 * Reload targets: whom to tell when a file set has changed. A closed union; `reload/` holds one teller per kind.
 * The text form is what the configuration, the state and every message use, and it parses back to the same target.
 */
export type ReloadTarget =
  | PodmanNameTarget
  | PodmanLabelTarget
  | DockerNameTarget
  | DockerLabelTarget
  | SystemdTarget
  | ExecTarget
  | SignalTarget
  | SocketTarget
  | HttpTarget

export type TargetKind = ReloadTarget['kind']

export interface PodmanNameTarget extends ContainerTarget {
  readonly kind: 'podman-name'
  readonly container: string
}

export interface PodmanLabelTarget extends ContainerTarget {
  readonly kind: 'podman-label'
  readonly key: string
  /** Without it, any value of the label selects. */
  readonly value?: string
}

export interface DockerNameTarget extends ContainerTarget {
  readonly kind: 'docker-name'
  readonly container: string
}

export interface DockerLabelTarget extends ContainerTarget {
  readonly kind: 'docker-label'
  readonly key: string
  readonly value?: string
}

export interface ContainerTarget extends TargetBase, Restartable {
  readonly signal: SignalName
  /** Program in the container that is run instead of the signal, and its arguments; no shell is involved. */
  readonly argv?: readonly [string, ...string[]]
  /** Account whose engine it is (rootless), by name or number; unset: the host's. */
  readonly user?: string
  /** Path of the engine's API socket; unset: where the engine of the host, or of `user`, listens. */
  readonly socketPath?: string
}

export interface SystemdTarget extends TargetBase, Restartable {
  readonly kind: 'systemd'
  readonly unit: string
  /** Account whose manager it is, by name or number; unset: the manager that keyroller's user may command. */
  readonly user?: string
}

export interface ExecTarget extends TargetBase {
  readonly kind: 'exec'
  /** Absolute path of the program, then its arguments; no shell is involved. */
  readonly argv: readonly [string, ...string[]]
  /** Account that it runs as; unset: keyroller's own. */
  readonly user?: string
}

/** A process that says in a file who it is. */
export interface SignalTarget extends TargetBase {
  readonly kind: 'signal'
  readonly pidFile: string
  readonly signal: SignalName
}

/** A line of text to a Unix socket, such as the admin socket of HAProxy. */
export interface SocketTarget extends TargetBase {
  readonly kind: 'socket'
  readonly path: string
  /** One line, without its end. */
  readonly send: string
  /** What must stand in the answer; unset: whatever it is, it must end. */
  readonly expect?: string
}

/** One request, whose answer must have a certain status. */
export interface HttpTarget extends TargetBase {
  readonly kind: 'http'
  /** http or https, without user and fragment. */
  readonly url: string
  readonly method: HttpMethod
  /** Unset: any from 200 to 299. */
  readonly status?: number
  /** Path of the Unix socket on which it is answered; unset: the host of the URL. */
  readonly socketPath?: string
  /** Authorities that a server with https is trusted from; unset: the public ones. */
  readonly caFile?: string
}

export interface TargetBase {
  /** The text form; one target per text in a run, however many materials name it. */
  readonly text: string
  /** Deadline for finding the members, and again for each member with its settle time: one hung member stops no other. */
  readonly timeoutMs: number
  /** How long a consumer has to survive being told; unset: `DEFAULT_SETTLE_MS`. */
  readonly settleMs?: number
  /** How often one that could not be told is told again in the same run; unset: never. */
  readonly retries?: number
  /** Pause between members. With one, a member that fails ends the round: the others keep running as they are. */
  readonly delayMs?: number
  /** Lower is told earlier, those alike in the order of the configuration; unset: 0. */
  readonly order?: number
}

/** A consumer that keyroller can stop and start again. What is down stays down: a restart is never a first start. */
export interface Restartable {
  /**
   * `always`: it is told by a restart, for it cannot reload. `if-needed`: by a restart only when reloading did not lead to
   * the new certificate being served. Unset: never.
   */
  readonly restart?: 'always' | 'if-needed'
}

export const HTTP_METHODS = ['POST', 'GET', 'PUT'] as const
export type HttpMethod = (typeof HTTP_METHODS)[number]

export const SIGNALS = ['HUP', 'USR1', 'USR2', 'TERM', 'INT', 'QUIT', 'WINCH'] as const
export type SignalName = (typeof SIGNALS)[number]

export const DEFAULT_RELOAD_TIMEOUT_MS = 30_000

/** Long enough for a process that dies of its new certificate to be gone, short enough for every consumer of a host. */
export const DEFAULT_SETTLE_MS = 1000

/** What came of telling one member (a container, a unit, a program) of a target. */
export interface MemberResult {
  /**
   * Stable identity: `container:ID` (with `?signal=NAME` unless it is HUP, or `?exec=ARGV`), `unit:NAME` (`unit:USER/NAME`), both with
   * `?restart` when that is how they are told; `exec:ARGV`; the text of a target that has one member; `target:TEXT` stands for all members when
   * they could not be found out. Members met twice in a run are told once.
   */
  readonly member: string
  /** What a person calls it. */
  readonly name: string
  readonly outcome: 'told' | 'failed'
  /** Why it failed: there is no such consumer, or it did not answer. */
  readonly fault?: 'target-missing' | 'reload-failed'
  /** The sentence: what was done, or what was expected and found. */
  readonly message: string
}

/** May its consumers be restarted, now or when nothing else helped? */
export function mayRestart(target: ReloadTarget): boolean {
  return 'restart' in target && target.restart !== undefined
}

/**
 * How a consumer is told, as the texts of targets and members say it: nothing for the usual way. Who got a HUP through one
 * target has not been told what a USR1, or a restart, through another one tells it.
 */
export function wayOptions({ restart, signal, argv }: Way): [string, string][] {
  if (restart === 'always') return [['restart', '']]
  if (argv !== undefined) return [['exec', JSON.stringify(argv)]]
  return signal === undefined || signal === 'HUP' ? [] : [['signal', signal]]
}

type Way = Restartable & Partial<Pick<ContainerTarget, 'signal' | 'argv'>>

/** Whose engine it is, and where it listens, as the text of a target says it: nothing for the host's own. */
export function placeOptions({ user, socketPath }: Place): [string, string][] {
  const ofUser: [string, string][] = user === undefined ? [] : [['user', user]]
  return socketPath === undefined ? ofUser : [...ofUser, ['socket', socketPath]]
}

type Place = Partial<Pick<ContainerTarget, 'user' | 'socketPath'>>
