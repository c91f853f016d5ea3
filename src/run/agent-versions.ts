import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import type { AgentVersion } from '../core/skew.ts'

const DEFAULT_PATH = '/usr/local/bin:/usr/bin:/bin'

/** What the configured binaries say of themselves; without any, the `vault` and `bao` that PATH finds first. */
export function findAgentVersions(
  configured: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<AgentVersion[]> {
  const binaries =
    configured.length > 0 ? configured : ['vault', 'bao'].flatMap((name) => findOnPath(name, env) ?? [])
  return Promise.all(binaries.map(askVersion))
}

function findOnPath(name: string, env: Readonly<Record<string, string | undefined>>): string | undefined {
  const places = (env.PATH ?? DEFAULT_PATH).split(':').filter((place) => place.startsWith('/'))
  return places.map((place) => join(place, name)).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** `Vault v1.21.1 (…)`, `OpenBao v2.4.1 (…)`. An empty environment: the answer must not depend on VAULT_ variables. */
function askVersion(binary: string): Promise<AgentVersion> {
  return new Promise((resolve) => {
    execFile(binary, ['version'], { timeout: 10_000, maxBuffer: 64 * 1024, env: {} }, (error, stdout) => {
      const version = /\bv(\d+\.\d+\.\d+[^\s,]*)/.exec(stdout)?.[1]
      resolve(error || version === undefined ? { binary } : { binary, version })
    })
  })
}
