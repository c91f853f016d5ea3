import { join } from 'node:path'
import { runCommand } from '../../command/run-command.ts'
import type { AgentVersion } from '../../core/status/skew.ts'
import { isExecutable } from '../../files/executable.ts'

const DEFAULT_PATH = '/usr/local/bin:/usr/bin:/bin'
const TIMEOUT_MS = 10_000
const MAX_OUTPUT_BYTES = 64 * 1024

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

/** `Vault v1.21.1 (…)`, `OpenBao v2.4.1 (…)`. An empty environment: the answer must not depend on VAULT_ variables. */
async function askVersion(binary: string): Promise<AgentVersion> {
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  try {
    const { failure, stdout } = await runCommand({
      argv: [binary, 'version'],
      environment: {},
      maxOutputBytes: MAX_OUTPUT_BYTES,
      signal,
    })
    const version = /\bv(\d+\.\d+\.\d+[^\s,]*)/.exec(stdout.text)?.[1]
    return failure || version === undefined ? { binary } : { binary, version }
  } catch {
    return { binary }
  }
}
