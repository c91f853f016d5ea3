import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'

/** What the process stands on; read once at the edge and handed down. */
export interface Host {
  /** machine-id(5), which outlives reboots and renames; the host name where there is none. */
  readonly hostId: string
  readonly uid: number
  readonly gid: number
  readonly env: Readonly<Record<string, string | undefined>>
  readonly version: string
  /** The only clock; the core is handed its answer. */
  readonly clock: () => number
}

export function describeHost(env: Host['env'], version: string): Host {
  const [uid, gid] = [process.geteuid?.() ?? 0, process.getegid?.() ?? 0]
  return { hostId: readHostId(), uid, gid, env, version, clock: () => Date.now() }
}

function readHostId(): string {
  try {
    return readFileSync('/etc/machine-id', 'utf8').trim() || hostname()
  } catch {
    return hostname()
  }
}
