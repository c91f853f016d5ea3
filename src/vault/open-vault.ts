import type { EnrolmentSecret } from '../core/enrolment-secret.ts'
import type { VaultConfig } from '../core/host-config.ts'
import type { ClientPair } from './agent.ts'
import { chooseServer } from './choose-server.ts'
import { openClient, type VaultClient } from './client.ts'
import { parseEndpoint } from './endpoint.ts'
import { enrol } from './enrol.ts'
import { type Health, readHealth } from './health.ts'
import { type Issuers, openIssuers } from './issuers.ts'
import { type Operator, openOperator } from './operator.ts'
import { readIssuerChain } from './pki.ts'
import { asProofFailure, type LoginRequest, login, type Revocation, type Session } from './session.ts'
import { openTransport, type Transport, type TransportSettings } from './transport.ts'
import { parseTrustAnchors } from './trust.ts'

/** Everything a run says to Vault. */
export interface Vault {
  /** Needs no identity. What follows is said to the server chosen here; without it, to the first address. */
  readonly health: () => Promise<ServerHealth>
  /** The chain of a mount's issuer, as PEM and not judged; needs no identity. */
  readonly issuerChain: (pkiMount: string) => Promise<string>
  /** The issuers of a mount and their revocation lists; needs no identity. */
  readonly withIssuers: <T>(pkiMount: string, use: (issuers: Issuers) => Promise<T>) => Promise<T>
  /** One login, one token; the caller revokes it. */
  readonly login: (request: LoginRequest) => Promise<Session>
  /** The first login of a host that has no certificate yet; the caller revokes its token. */
  readonly enrol: (secret: EnrolmentSecret) => Promise<Session>
  /**
   * A login with a pair that is not installed yet, over connections of its own, revoked at once. Throws `proof-refused`
   * when Vault does not take it.
   */
  readonly prove: (request: LoginRequest) => Promise<Proof>
  /** For an operator's own token, which is neither renewed nor revoked. */
  readonly operate: (token: string) => Promise<Operator>
  /** Closes every socket, also of sessions left open; revokes nothing. */
  readonly close: () => void
}

export interface ServerHealth extends Health {
  /** Of the server that was chosen. */
  readonly address: string
}

export interface Proof {
  readonly policies: readonly string[]
  readonly revocation: Revocation
}

export interface VaultOptions {
  /** The text of `caFile`, read and checked for its owner by the caller. */
  readonly caPem: string
  /** Connections of one session at a time. */
  readonly concurrency: number
  /** keyroller's own, for the User-Agent. */
  readonly version: string
  /** Its abort ends every call under way but a revocation; a KeyrollerError given as reason is what they throw. */
  readonly signal: AbortSignal
}

/** Makes no connection yet. Throws `config-invalid` for an address or CA file that cannot be used. */
export function openVault(config: VaultConfig, options: VaultOptions): Vault {
  const servers = config.addresses.map((address) => parseEndpoint(address, config.serverName))
  const settings = settingsOf(config, options)
  const open = new Set<Transport>()
  let chosen = servers[0]
  const connect = async <T>(pair: ClientPair | undefined, use: Use<T>, at = chosen): Promise<T> => {
    if (!at) throw new Error('the schema let an empty list of addresses through')
    const transport = openTransport({ ...settings, endpoint: at }, pair)
    open.add(transport)
    try {
      return await use(await openClient(transport, at, config.namespace), transport)
    } catch (error) {
      transport.close()
      throw error
    }
  }
  return {
    health: async () => {
      const { server, health } = await chooseServer(servers, (one) => connect(undefined, checkHealth, one))
      chosen = server
      return { ...health, address: server.address }
    },
    issuerChain: (pkiMount) =>
      connect(undefined, async (client, transport) => {
        const chain = await readIssuerChain(client, pkiMount)
        transport.close()
        return chain
      }),
    withIssuers: (pkiMount, use) =>
      connect(undefined, async (client, transport) => {
        const used = await use(openIssuers(client, pkiMount))
        transport.close()
        return used
      }),
    login: (request) => connect(request.pair, (client, transport) => login(client, transport, request)),
    enrol: (secret) => connect(undefined, (client, transport) => enrol(client, transport, secret)),
    prove: (request) => connect(request.pair, (client, transport) => prove(client, transport, request)),
    operate: (token) => connect(undefined, async (client) => openOperator(client, token)),
    close: () => {
      for (const transport of open) transport.close()
    },
  }
}

function settingsOf(config: VaultConfig, options: VaultOptions): Omit<TransportSettings, 'endpoint'> {
  return {
    anchors: parseTrustAnchors(options.caPem, config.caFile),
    concurrency: options.concurrency,
    timeoutMs: config.timeoutMs,
    userAgent: `keyroller/${options.version}`,
    signal: options.signal,
  }
}

type Use<T> = (client: VaultClient, transport: Transport) => Promise<T>

async function checkHealth(client: VaultClient, transport: Transport): Promise<Health> {
  const health = await readHealth(client)
  transport.close()
  return health
}

async function prove(client: VaultClient, transport: Transport, request: LoginRequest): Promise<Proof> {
  try {
    const session = await login(client, transport, request)
    return { policies: session.policies, revocation: await session.revoke() }
  } catch (error) {
    throw asProofFailure(error)
  }
}
