import { join } from 'node:path'
import { readTokenFile } from '../config/trusted-file.ts'
import type { HostConfig } from '../core/host-config.ts'
import type { Operator } from '../vault/operator.ts'
import type { Host } from './host.ts'
import { withVault } from './server.ts'

export interface OperatorRequest {
  readonly config: HostConfig
  readonly host: Host
  readonly signal: AbortSignal
  /** File with the operator's token; unset: what `vault login` left in the home directory. */
  readonly tokenFile?: string | undefined
}

/** Work with the token of a person, which is neither renewed nor revoked. Throws what reading it and the work throw. */
export function withOperator<T>(
  { config, host, signal, tokenFile }: OperatorRequest,
  work: (operator: Operator) => Promise<T>,
): Promise<T> {
  const path = tokenFile ?? join(host.env.HOME ?? '/root', '.vault-token')
  const token = readTokenFile(path, host.uid, 'a token', HINT)
  return withVault(config, host, signal, async (vault) => work(await vault.operate(token)))
}

const HINT = 'vault login, or --token FILE with mode 0600'
