import type { Problem } from './problem.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export interface VaultEnvironment {
  readonly address?: string
  readonly caFile?: string
  readonly serverName?: string
  readonly namespace?: string
}

/**
 * What the environment says of the server. A `BAO_` name that is present hides its `VAULT_` twin even when it is empty, as
 * OpenBao's own client has it (api/env.go); an empty value means: not said here. `VAULT_SKIP_VERIFY` and `VAULT_TOKEN` are
 * never read: keyroller always verifies, and logs in for itself.
 */
export function readVaultEnvironment(env: Environment): VaultEnvironment {
  return {
    ...present('address', env, 'ADDR'),
    ...present('caFile', env, 'CACERT'),
    ...present('serverName', env, 'TLS_SERVER_NAME'),
    ...present('namespace', env, 'NAMESPACE'),
  }
}

function present(key: keyof VaultEnvironment, env: Environment, name: string): VaultEnvironment {
  const value = env[`BAO_${name}`] ?? env[`VAULT_${name}`]
  return value ? { [key]: value } : {}
}

/** The name under which a value reached us, for a problem that must point at it. */
export function environmentProblem(env: Environment, name: string, expected: string): Problem {
  const variable = env[`BAO_${name}`] === undefined ? `VAULT_${name}` : `BAO_${name}`
  return { file: 'environment', at: variable, expected, found: JSON.stringify(env[variable] ?? '') }
}
