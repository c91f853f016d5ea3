/** What keyroller asks of podman. Two doors lead there, `podman-api.ts` and `podman-cli.ts`; one suite holds for both. */
import type { CommandEnd } from '../../command/run-command.ts'
import type { SignalName } from '../../core/consumers/target.ts'
import type { Container, ListedContainer } from './podman-shape.ts'

export interface LabelFilter {
  readonly key: string
  /** Without it, any value. */
  readonly value?: string
}

/**
 * Every function rejects with `reload-failed` when podman cannot be asked, refuses, or answers something else than
 * documented, and stops when `signal` aborts.
 */
export interface Podman {
  /** A superset of the containers with the label, stopped ones and pods' infra containers too: podman takes patterns. */
  list(label: LabelFilter, signal: AbortSignal): Promise<readonly ListedContainer[]>
  listRunning(signal: AbortSignal): Promise<readonly ListedContainer[]>
  /** By full id or name; podman also takes the beginning of an id. Undefined when there is none. */
  inspect(nameOrId: string, signal: AbortSignal): Promise<Container | undefined>
  /** Resolves once podman has sent the signal to the first process of a running container. */
  kill(id: string, signalName: SignalName, signal: AbortSignal): Promise<void>
  /** Runs a program in a running container, and resolves at its end. When `signal` aborts it may run on. */
  exec(id: string, argv: readonly [string, ...string[]], signal: AbortSignal): Promise<CommandEnd>
  /** Resolves once a running container has been stopped and started again, with the time to end that it was created with. */
  restart(id: string, signal: AbortSignal): Promise<void>
}
