import { existsSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'

/** What the process stands on; read once at the edge and handed down. */
export interface Host {
  /** machine-id(5), which outlives reboots and renames; the host name where there is none. */
  readonly hostId: string
  readonly uid: number
  readonly gid: number
  readonly env: Readonly<Record<string, string | undefined>>
  readonly version: string
  /** Of the runtime, like `26.10.0`. */
  readonly nodeVersion: string
  /** Where journald listens; unset where it does not. */
  readonly journalSocket?: string
  /** The only clock; the core is handed its answer. */
  readonly clock: () => number
}

/** What a host is told by is handed in by the edge, which alone touches `process`. */
export function describeHost(edge: HostProcess, version: string): Host {
  const [uid, gid] = [edge.geteuid?.() ?? 0, edge.getegid?.() ?? 0]
  const { env, versions } = edge
  return {
    ...{ hostId: readHostId(), uid, gid, env, version, nodeVersion: versions.node },
    ...(existsSync(JOURNAL_SOCKET) ? { journalSocket: JOURNAL_SOCKET } : {}),
    clock: () => Date.now(),
  }
}

/** Of the native protocol, see systemd-journald.service(8). */
const JOURNAL_SOCKET = '/run/systemd/journal/socket'

type HostProcess = Pick<NodeJS.Process, 'env' | 'versions' | 'geteuid' | 'getegid'>

function readHostId(): string {
  try {
    return readFileSync('/etc/machine-id', 'utf8').trim() || hostname()
  } catch {
    return hostname()
  }
}
