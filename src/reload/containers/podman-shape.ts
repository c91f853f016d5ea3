/** Judges what podman says of containers, over the API or the command: both print the same JSON. */
import { KeyrollerError } from '../../core/errors.ts'
import { oneLine } from '../../core/one-line.ts'

/** More than a thousand containers fit; what sends more is no podman. */
export const MAX_PODMAN_BYTES = 8 * 1024 * 1024

/** `podman generate systemd` and Quadlet name in it the unit that starts the container. */
export const UNIT_LABEL = 'PODMAN_SYSTEMD_UNIT'

export interface ListedContainer {
  readonly id: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  /** The container that only holds a pod's namespaces together. */
  readonly isInfra: boolean
}

export interface Container {
  readonly id: string
  readonly name: string
  /** podman's word: `running`, `exited`, `paused`, … */
  readonly state: string
  readonly exitCode: number
  /** Of its first process, as the host of podman counts; 0 when it does not run. */
  readonly pid: number
  /** RFC 3339 with nanoseconds, compared and shown only. */
  readonly startedAt: string
  readonly restartCount: number
  /** `healthy`, `unhealthy`, `starting`; empty without a health check. */
  readonly health: string
  /** The unit that starts it, by the label that `podman generate systemd` and Quadlet set; empty without one. */
  readonly unit: string
  /** What of the host it sees, named volumes and memory left out. */
  readonly binds: readonly Bind[]
}

export interface Bind {
  /** As it was given, links not followed. */
  readonly source: string
  readonly destination: string
  readonly readOnly: boolean
  /** `z` or `Z`, to be relabelled for SELinux; empty without. */
  readonly relabel: string
}

/** Parses strictly; `reload-failed` says what was expected and found, and quotes no body. */
export function parseJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new KeyrollerError('reload-failed', `expected JSON from ${source}, found something else`)
  }
}

/** An answer of `GET /libpod/containers/json` or `podman ps --format json`. */
export function judgeList(answer: unknown): ListedContainer[] {
  return list(answer, 'a list of containers').map((entry) => {
    const found = record(entry, 'a container')
    const [name] = Array.isArray(found.Names) ? found.Names : []
    return {
      id: containerId(found.Id),
      name: containerName(name, 'Names'),
      labels: labels(found.Labels),
      isInfra: found.IsInfra === true,
    }
  })
}

/** An answer of `GET /libpod/containers/NAME/json`, or the one entry of `podman container inspect`. */
export function judgeContainer(answer: unknown): Container {
  const found = record(answer, 'a container')
  const state = record(found.State, 'State')
  // podman 3 says Healthcheck, podman 4 and later Health.
  const health = record(state.Health ?? state.Healthcheck ?? {}, 'Health')
  return {
    id: containerId(found.Id),
    name: containerName(found.Name, 'Name'),
    state: text(state.Status, 'State.Status'),
    exitCode: count(state.ExitCode, 'State.ExitCode'),
    pid: count(state.Pid ?? 0, 'State.Pid'),
    startedAt: text(state.StartedAt, 'State.StartedAt'),
    restartCount: count(found.RestartCount, 'RestartCount'),
    health: health.Status === undefined ? '' : text(health.Status, 'Health.Status'),
    unit: labels(record(found.Config ?? {}, 'Config').Labels)[UNIT_LABEL] ?? '',
    binds: list(found.Mounts ?? [], 'Mounts').flatMap(bindsOf),
  }
}

function bindsOf(entry: unknown): Bind[] {
  const mount = record(entry, 'a mount')
  if (mount.Type !== 'bind') return []
  return [
    {
      source: path(mount.Source, 'Source'),
      destination: path(mount.Destination, 'Destination'),
      readOnly: mount.RW === false,
      relabel: /[zZ]/.exec(typeof mount.Mode === 'string' ? mount.Mode : '')?.[0] ?? '',
    },
  ]
}

/** Docker writes a slash before it. */
function containerName(value: unknown, what: string): string {
  return text(value, what).replace(/^\//, '')
}

function containerId(value: unknown): string {
  if (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)) return value
  throw unexpected('a container id of 64 hex digits', value)
}

function labels(value: unknown): Record<string, string> {
  const found = record(value ?? {}, 'Labels')
  return Object.fromEntries(Object.entries(found).map(([key, of]) => [key, text(of, 'a label')]))
}

function list(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw unexpected(what, value)
}

/** Compared with paths of the host, so it stays as it is. */
function path(value: unknown, what: string): string {
  if (typeof value === 'string' && value.startsWith('/')) return value
  throw unexpected(what, value)
}

function record(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>
  throw unexpected(what, value)
}

function text(value: unknown, what: string): string {
  if (typeof value === 'string') return oneLine(value)
  throw unexpected(what, value)
}

function count(value: unknown, what: string): number {
  if (Number.isSafeInteger(value)) return value as number
  throw unexpected(what, value)
}

function unexpected(what: string, value: unknown): KeyrollerError {
  const found = value === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value
  return new KeyrollerError('reload-failed', `expected ${what} in podman's answer, found ${found}`)
}
