import { expect, onTestFinished } from 'vitest'
import { KeyrollerError } from '../../../src/core/errors.ts'
import { openVault, type Vault } from '../../../src/vault/open-vault.ts'
import type { LoginRequest, Session } from '../../../src/vault/session.ts'
import { type Authority, makeAuthority, type Pair } from '../../rig/openssl-authority.ts'
import { SIGN } from './sign-request.ts'
import { answerJson, LOGIN_ANSWER, type Responder, type Stub, startStub } from './stub-server.ts'

/** Stub servers and the real `openVault`, with certificates that trust each other. All ends with the test. */
export interface StubRig {
  readonly authority: Authority
  readonly server: Pair
  readonly client: Pair
  readonly login: LoginRequest
  readonly stub: (respond: Responder, pair?: Pair, options?: object) => Promise<Stub>
  /** Of several stubs the first is the first address. */
  readonly open: (stub: { address: string } | readonly { address: string }[], settings?: Settings) => Vault
  /** A session on a stub whose first request was the login; `respond` answers what comes after, index 1 on. */
  readonly loggedIn: (respond: Responder, settings?: Settings) => Promise<{ session: Session; stub: Stub }>
  /** What a sign fails with when `respond` answers it. */
  readonly refusedSign: (respond: Responder, settings?: Settings) => Promise<KeyrollerError>
  /** The body of a sign that succeeded. */
  readonly signed: object
}

export interface Settings {
  readonly timeoutMs?: number
  readonly serverName?: string
  readonly signal?: AbortSignal
}

export async function makeStubRig(): Promise<StubRig> {
  const authority = await makeAuthority()
  const server = await authority.issue()
  const client = await authority.issue({ commonName: 'agent-app', usage: 'clientAuth' })
  const login = { login: { authMount: 'cert', mapping: 'agent-app' }, pair: client }
  const stub: StubRig['stub'] = async (respond, pair = server, options = {}) => {
    const started = await startStub(pair, respond, options)
    onTestFinished(started.close)
    return started
  }
  const open: StubRig['open'] = (stubs, settings) =>
    openFor(
      [stubs].flat().map(({ address }) => address),
      authority.caPem,
      settings,
    )
  const loggedIn: StubRig['loggedIn'] = async (respond, settings) => {
    const started = await stub((response, received, index) =>
      received.url.endsWith('/login')
        ? answerJson(response, 200, LOGIN_ANSWER)
        : respond(response, received, index),
    )
    return { session: await open(started, settings).login(login), stub: started }
  }
  const refusedSign: StubRig['refusedSign'] = async (respond, settings) =>
    refusal((await loggedIn(respond, settings)).session.sign(SIGN))
  const signed = {
    data: { certificate: server.certPem, issuing_ca: authority.caPem, ca_chain: [authority.caPem] },
  }
  return { authority, server, client, login, stub, open, loggedIn, refusedSign, signed }
}

function openFor(addresses: readonly string[], caPem: string, settings: Settings = {}): Vault {
  const { serverName, timeoutMs = 10_000, signal = new AbortController().signal } = settings
  const vault = openVault(
    {
      addresses,
      caFile: '/etc/keyroller/vault-ca.pem',
      namespace: 'team-a',
      timeoutMs,
      ...(serverName === undefined ? {} : { serverName }),
    },
    { caPem, concurrency: 4, version: '1.2.3', signal },
  )
  onTestFinished(vault.close)
  return vault
}

/** The KeyrollerError something fails with; anything else fails the test. */
export async function refusal(asked: Promise<unknown>): Promise<KeyrollerError> {
  const error = await asked.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof KeyrollerError) return error
  throw new Error('expected a KeyrollerError', { cause: error })
}

export async function arrived(stub: Stub, count: number): Promise<void> {
  await expect.poll(() => stub.requests.length).toBe(count)
}

export const HEALTHY = {
  initialized: true,
  sealed: false,
  standby: false,
  version: '1.21.1',
  server_time_utc: 1_700_000_000,
}
