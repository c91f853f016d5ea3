/**
 * Reload targets: whom to tell when a file set has changed. A closed union; `reload/` holds one teller per kind.
 * The text form is what the configuration, the state and every message use, and it parses back to the same target.
 */
export type ReloadTarget = PodmanNameTarget | PodmanLabelTarget | SystemdTarget | ExecTarget

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

interface ContainerTarget extends TargetBase, Restartable {
  readonly signal: SignalName
}

export interface SystemdTarget extends TargetBase, Restartable {
  readonly kind: 'systemd'
  readonly unit: string
}

export interface ExecTarget extends TargetBase {
  readonly kind: 'exec'
  /** Absolute path of the program, then its arguments; no shell is involved. */
  readonly argv: readonly [string, ...string[]]
}

interface TargetBase {
  /** The text form; one target per text in a run, however many materials name it. */
  readonly text: string
  /** Deadline for finding the members, and again for each member with its settle time: one hung member stops no other. */
  readonly timeoutMs: number
}

/** A consumer that keyroller can stop and start again. What is down stays down: a restart is never a first start. */
export interface Restartable {
  /**
   * `always`: it is told by a restart, for it cannot reload. `if-needed`: by a restart only when reloading did not lead to
   * the new certificate being served. Unset: never.
   */
  readonly restart?: 'always' | 'if-needed'
}

export const SIGNALS = ['HUP', 'USR1', 'USR2', 'TERM', 'INT', 'QUIT', 'WINCH'] as const
export type SignalName = (typeof SIGNALS)[number]

export const DEFAULT_RELOAD_TIMEOUT_MS = 30_000

/** What came of telling one member (a container, a unit, a program) of a target. */
export interface MemberResult {
  /**
   * Stable identity: `container:ID` (with `?signal=NAME` unless it is HUP), `unit:NAME`, both with `?restart` when that is
   * how they are told, `exec:ARGV`; `target:TEXT` stands for all members when they could not be found out. Members met
   * twice in a run are told once.
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
export function wayOf(target: Restartable & { readonly signal?: SignalName }): string {
  if (target.restart === 'always') return '?restart'
  return target.signal === undefined || target.signal === 'HUP' ? '' : `?signal=${target.signal}`
}
