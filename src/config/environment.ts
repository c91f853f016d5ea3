import type * as z from 'zod/mini'
import { absolutePath, dnsName, httpsAddress, namespace } from './formats.ts'
import type { Problem } from './problem.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export interface VaultEnvironment {
  readonly address?: string
  readonly caFile?: string
  readonly serverName?: string
  readonly namespace?: string
}

const VARIABLES: readonly (readonly [keyof VaultEnvironment, string, z.ZodMiniType<string>])[] = [
  ['address', 'ADDR', httpsAddress],
  ['caFile', 'CACERT', absolutePath],
  ['serverName', 'TLS_SERVER_NAME', dnsName],
  ['namespace', 'NAMESPACE', namespace],
]

/**
 * What the environment says of the server. A `BAO_` name that is present hides its `VAULT_` twin even when it is empty, as
 * OpenBao's own client has it (api/env.go); an empty value means: not said here. `VAULT_SKIP_VERIFY` and `VAULT_TOKEN` are
 * never read: keyroller always verifies, and logs in for itself.
 */
export function readVaultEnvironment(env: Environment): { said: VaultEnvironment; problems: Problem[] } {
  const said: { -readonly [K in keyof VaultEnvironment]: VaultEnvironment[K] } = {}
  const problems: Problem[] = []
  for (const [key, name, format] of VARIABLES) {
    const variable = env[`BAO_${name}`] === undefined ? `VAULT_${name}` : `BAO_${name}`
    const value = env[variable]
    if (!value) continue
    said[key] = value
    const expected = format.safeParse(value).error?.issues[0]?.message
    if (expected !== undefined)
      problems.push({ file: 'environment', at: variable, expected, found: JSON.stringify(value) })
  }
  return { said, problems }
}
