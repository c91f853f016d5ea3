import { KeyrollerError } from '../core/errors.ts'
import type { Endpoint } from './endpoint.ts'
import { type Operation, pathOf } from './operation.ts'
import type { Answer } from './refusal.ts'
import type { Transport, TransportRequest } from './transport.ts'

/** node-vault over our own transport: the paths, bodies and headers of Vault's API. */
export interface VaultClient {
  readonly read: (operation: Operation) => Promise<Answer>
  readonly list: (operation: Operation) => Promise<Answer>
  readonly write: (operation: Operation, data: object) => Promise<Answer>
  /** From now on every request carries this token. */
  readonly useToken: (token: string) => void
}

/**
 * The package is loaded here, when the first thing is said to Vault: a run with nothing due must not pay for it.
 *
 * Of node-vault only `read`, `list` and `write` are used. Where it falls back to VAULT_TOKEN, VAULT_PREFIX and VAULT_NAMESPACE (an
 * empty argument does), the fields are set after the fact; VAULT_ADDR cannot win over an endpoint, and VAULT_SKIP_VERIFY
 * and DEBUG=node-vault have nothing to act on, as transport and debug are ours.
 */
export async function openClient(
  transport: Transport,
  endpoint: Endpoint,
  namespace: string | undefined,
): Promise<VaultClient> {
  const { default: packaged } = await import('node-vault')
  // Its own types name axios and leave out what is set here.
  const nodeVault = packaged as unknown as (options: object) => NodeVault
  const vault = nodeVault({
    endpoint: endpoint.address,
    debug: () => {},
    // Its hundred generated commands are not used; certLogin among them is broken.
    commands: {},
    // It only checks that path and method are strings, as the types here do.
    tv4: { validate: () => true },
    'request-promise': { defaults: () => (request: TransportRequest) => sendFor(transport, request) },
  })
  vault.token = ''
  vault.pathPrefix = ''
  vault.namespace = namespace ?? ''
  return {
    read: (operation) => answerOf(vault.read(pathOf(operation), { operation })),
    list: (operation) => answerOf(vault.list(pathOf(operation), { operation })),
    write: (operation, data) => answerOf(vault.write(pathOf(operation), data, { operation })),
    useToken: (token) => {
      vault.token = token
    },
  }
}

interface NodeVault {
  token: string
  pathPrefix: string
  namespace: string
  read(path: string, options: object): Promise<unknown>
  list(path: string, options: object): Promise<unknown>
  write(path: string, data: object, options: object): Promise<unknown>
}

/**
 * node-vault looks at the request path only to take every answer of sys/health for success; without one, all answers are
 * treated alike and none loses its status.
 */
async function sendFor(transport: Transport, request: TransportRequest) {
  const { statusCode, body } = await transport.send(request)
  return { statusCode, body, request: { path: '' } }
}

/** An answer other than 200 or 204 comes as an error that holds the response; the error itself is let go. */
async function answerOf(asked: Promise<unknown>): Promise<Answer> {
  try {
    return { statusCode: 200, body: await asked }
  } catch (error) {
    if (error instanceof KeyrollerError) throw error
    const { response } = error as { response?: { statusCode: number; body: unknown } }
    if (response === undefined) throw new KeyrollerError('internal', 'node-vault failed before it asked')
    return { statusCode: response.statusCode, body: response.body }
  }
}
