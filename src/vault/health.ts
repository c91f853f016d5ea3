import type { EpochMs } from '../core/epoch-ms.ts'
import { booleanIn, type TextShape, textIn } from './answer.ts'
import type { VaultClient } from './client.ts'
import { type HealthOperation, pathOf } from './operation.ts'
import { refusalOf } from './refusal.ts'

/** The state of the server, as anybody may ask it. A sealed or standby server is an answer, not a fault. */
export interface Health {
  readonly initialized: boolean
  readonly sealed: boolean
  readonly standby: boolean
  /** Empty when the listener redacts it. */
  readonly version: string
  /** The server's clock, to the second. */
  readonly serverTimeMs?: EpochMs
}

/**
 * The statuses sys/health answers with by itself: active, standby (429, 472 to 474), not initialised, sealed, removed from
 * the cluster. https://developer.hashicorp.com/vault/api-docs/system/health
 */
const HEALTH_STATUSES: ReadonlySet<number> = new Set([200, 429, 472, 473, 474, 501, 503, 530])

/** Throws `vault-answer-invalid` when what answers is not the health of a Vault. */
export async function readHealth(client: VaultClient): Promise<Health> {
  const operation: HealthOperation = { kind: 'health' }
  const answer = await client.read(operation)
  const body = answer.body as Record<string, unknown>
  if (!HEALTH_STATUSES.has(answer.statusCode) || 'errors' in body) throw refusalOf(operation, answer)
  const where = pathOf(operation)
  const { server_time_utc: seconds } = body
  return {
    initialized: booleanIn(body, 'initialized', where),
    sealed: booleanIn(body, 'sealed', where),
    standby: booleanIn(body, 'standby', where),
    version: textIn(body, 'version', VERSION, where),
    ...(Number.isSafeInteger(seconds) ? { serverTimeMs: Number(seconds) * 1000 } : {}),
  }
}

const VERSION: TextShape = { pattern: /^[\w.+-]*$/, maxChars: 64, words: 'a version' }
