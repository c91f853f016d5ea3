/** The whole port against a real Vault with the server side of scenario S2. */
import { X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { openVault, type Vault } from '../../../src/vault/open-vault.ts'
import type { SignRequest } from '../../../src/vault/pki.ts'
import type { LoginRequest } from '../../../src/vault/session.ts'
import { must } from '../../rig/command.ts'
import { AUTH_MOUNT, appNames, ISSUER_NAME, PKI_MOUNT, type Pki, setUpApp, setUpPki } from '../../rig/pki.ts'
import { type SignedPair, signPair } from '../../rig/signed-pair.ts'
import { type VaultAdmin, vaultAdmin } from '../../rig/vault-admin.ts'
import { startVault, type VaultServer, vaultBinary } from '../../rig/vault-server.ts'
import { refusal } from './stub-rig.ts'

const APP = 'ncprd1'
const NAMES = appNames(APP)
const DAY_MS = 86_400_000

let dir: string
let server: VaultServer
let admin: VaultAdmin
let pki: Pki
let agent: SignedPair

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'keyroller-vault-'))
  server = await startVault({ dir, binary: await vaultBinary(), storage: 'inmem' })
  admin = vaultAdmin(server, server.rootToken)
  pki = await setUpPki(admin)
  agent = await signPair(admin, { commonName: NAMES.commonName, usage: 'client', lifetimeMs: DAY_MS })
}, 1_800_000)
afterAll(async () => {
  await server.stop()
  await rm(dir, { recursive: true })
})
// Repairs what a test broke.
beforeEach(() => setUpApp(admin, { app: APP, pki }))

describe('an agent', () => {
  test('asks for the health without an identity', async () => {
    const health = await (await open()).health()
    expect(health).toMatchObject({ initialized: true, sealed: false, standby: false })
    expect(health.version).toMatch(/^\d+\.\d+\.\d+/)
    expect(Math.abs(Date.now() - (health.serverTimeMs ?? 0))).toBeLessThan(5000)
  })

  test('logs in, has its request signed, and leaves no token', async () => {
    const before = await accessors()
    const session = await (await open()).login(loginWith(agent))
    expect(session.policies).toEqual(['default', 'marker-cert-auth', NAMES.policy])
    expect(await accessors()).toHaveLength(before.length + 1)
    const signed = await session.sign(await leafRequest())
    const leaf = new X509Certificate(signed.certificatePem)
    expect(leaf.subject).toBe(`CN=${NAMES.leafName}`)
    expect(leaf.subjectAltName).toBe(`DNS:${NAMES.leafName}, DNS:${APP}.prod.privsec.ch`)
    expect(signed.caChainPems.map((one) => new X509Certificate(one).subject)).toEqual([`CN=${ISSUER_NAME}`])
    expect(leaf.verify(new X509Certificate(signed.issuingCaPem).publicKey)).toBe(true)
    expect(await session.revoke()).toEqual({ revoked: true })
    expect(await accessors()).toEqual(before)
  })

  test('proves a successor without leaving a token', async () => {
    const before = await accessors()
    const successor = await signPair(admin, {
      commonName: NAMES.commonName,
      usage: 'client',
      lifetimeMs: DAY_MS,
    })
    const proof = await (await open()).prove(loginWith(successor))
    expect(proof).toEqual({
      policies: ['default', 'marker-cert-auth', NAMES.policy],
      revocation: { revoked: true },
    })
    expect(await accessors()).toEqual(before)
  })

  test('sends its intermediates to a mapping that knows only the root', async () => {
    await changeMapping({ certificate: pki.rootPem })
    const vault = await open()
    const full = { ...loginWith(agent), pair: { certPem: agent.fullchainPem, keyPem: agent.keyPem } }
    expect((await vault.prove(full)).revocation).toEqual({ revoked: true })
    expect((await refusal(vault.prove(loginWith(agent)))).code).toBe('proof-refused')
  })

  test('is the identity it logs in with, one after the other', async () => {
    await setUpApp(admin, { app: 'resume2me', pki })
    const other = appNames('resume2me')
    const pair = await signPair(admin, { commonName: other.commonName, usage: 'client', lifetimeMs: DAY_MS })
    const vault = await open()
    const first = await vault.login(loginWith(agent))
    const second = await vault.login(loginWith(pair, other.mapping))
    expect(first.policies).toContain(NAMES.policy)
    expect(second.policies).toContain(other.policy)
    await Promise.all([first.revoke(), second.revoke()])
  })

  test('waits for a quota', async () => {
    await admin.write('sys/quotas/rate-limit/signing', { path: `${PKI_MOUNT}/`, rate: 1, interval: '1s' })
    onTestFinished(() => admin.remove('sys/quotas/rate-limit/signing'))
    const session = await (await open()).login(loginWith(agent))
    const request = await leafRequest()
    const signed = await Promise.all([request, request, request].map(session.sign))
    expect(new Set(signed.map((one) => one.certificatePem)).size).toBe(3)
    await session.revoke()
  })
})

describe('a login is refused', () => {
  const SAME_SENTENCE =
    /: the mapping is missing, trusts another issuer or does not allow this common name: failed to match all constraints/

  test('for a mapping that is not there', async () => {
    const error = await refusal((await open()).login(loginWith(agent, 'agent-nobody')))
    expect(error.code).toBe('login-refused')
    expect(error.message).toMatch(/^auth\/cert\/certs\/agent-nobody: /)
    expect(error.message).toMatch(SAME_SENTENCE)
    expect(error.hint).toBe('vault read auth/cert/certs/agent-nobody')
  })

  test('after the mapping was deleted, and so is the proof', async () => {
    await admin.remove(`auth/${AUTH_MOUNT}/certs/${NAMES.mapping}`)
    const vault = await open()
    expect((await refusal(vault.login(loginWith(agent)))).message).toMatch(SAME_SENTENCE)
    const proof = await refusal(vault.prove(loginWith(agent)))
    expect(proof.code).toBe('proof-refused')
    expect(proof.message).toMatch(/^auth\/cert\/certs\/agent-ncprd1: /)
  })

  test('for a common name the mapping does not allow', async () => {
    await changeMapping({ allowed_common_names: ['agent-other.prod.privsec.ch'] })
    expect((await refusal((await open()).login(loginWith(agent)))).message).toMatch(SAME_SENTENCE)
  })

  test('for an expired certificate, at once', async () => {
    const pair = await signPair(admin, { commonName: NAMES.commonName, usage: 'client', lifetimeMs: 1000 })
    await sleep(2500)
    const startedMs = performance.now()
    const error = await refusal((await open()).login(loginWith(pair)))
    expect(error.code).toBe('login-refused')
    expect(error.message).toMatch(/: the client certificate is expired or not valid yet: .*is after /)
    expect(performance.now() - startedMs).toBeLessThan(1000)
  })

  test('for the certificate of a server', async () => {
    const pair = await signPair(admin, { commonName: NAMES.commonName, usage: 'server', lifetimeMs: DAY_MS })
    const error = await refusal((await open()).login(loginWith(pair)))
    expect(error.message).toMatch(/the client certificate is not for client authentication/)
  })

  test('where no cert auth method is mounted', async () => {
    const login = { authMount: 'elsewhere', mapping: NAMES.mapping }
    const error = await refusal((await open()).login({ ...loginWith(agent), login }))
    expect(error.code).toBe('login-refused')
    expect(error.message).toMatch(/^auth\/elsewhere\/certs\/agent-ncprd1: no cert auth method is there/)
  })
})

describe('a signature is refused', () => {
  test('by the policy, naming path and capability', async () => {
    await admin.write(`sys/policies/acl/${NAMES.policy}`, {
      policy: 'path "kv/*" { capabilities = ["read"] }',
    })
    const error = await refusedSign(await leafRequest())
    expect(error.code).toBe('vault-denied')
    expect(error.message).toBe(
      'expected the capability update on pki-prod/sign/nginx-ncprd1, found a token with policies default, marker-cert-auth, pki-issue-ncprd1: permission denied',
    )
  })

  test('by the role, in its own words', async () => {
    const request = await leafRequest('ncprd1.example.org')
    const error = await refusedSign(request)
    expect(error.code).toBe('role-refused')
    expect(error.message).toMatch(
      /^pki-prod\/roles\/nginx-ncprd1 refused the request for ncprd1.example.org with a key of type ec-p256: .*not allowed by this role$/,
    )
  })

  test('for a role that is not there', async () => {
    await admin.remove(`${PKI_MOUNT}/roles/${NAMES.leafRole}`)
    const error = await refusedSign(await leafRequest())
    expect(error.code).toBe('role-refused')
    expect(error.message).toMatch(/unknown role: nginx-ncprd1$/)
  })

  test('where no PKI is mounted', async () => {
    const path = 'path "pki-lost/sign/*" { capabilities = ["update"] }'
    await admin.write(`sys/policies/acl/${NAMES.policy}`, { policy: path })
    const { issuance, csrPem } = await leafRequest()
    const error = await refusedSign({ issuance: { ...issuance, pkiMount: 'pki-lost' }, csrPem })
    expect(error.code).toBe('role-refused')
    expect(error.message).toMatch(/no handler for route/)
  })

  test('after the token was revoked by somebody else, and revoking it again is no fault', async () => {
    const before = await accessors()
    const session = await (await open()).login(loginWith(agent))
    const [accessor] = (await accessors()).filter((one) => !before.includes(one))
    await admin.write('auth/token/revoke-accessor', { accessor })
    const error = await refusal(session.sign(await leafRequest()))
    expect(error.code).toBe('vault-denied')
    expect(error.message).toMatch(/expected the token of this login to be accepted, found: .*invalid token/)
    expect(await session.revoke()).toEqual({ revoked: true })
  })
})

test('a sealed server says so to everybody, at once', async () => {
  const vault = await open()
  const session = await vault.login(loginWith(agent))
  const request = await leafRequest()
  await server.seal()
  onTestFinished(() => server.unseal())
  const startedMs = performance.now()
  expect(await vault.health()).toMatchObject({ initialized: true, sealed: true })
  expect((await refusal(vault.login(loginWith(agent)))).code).toBe('vault-sealed')
  expect((await refusal(session.sign(request))).code).toBe('vault-sealed')
  expect(await session.revoke()).toMatchObject({ revoked: false })
  expect(performance.now() - startedMs).toBeLessThan(1000)
})

async function open(): Promise<Vault> {
  const config = { addresses: [server.address], caFile: server.caFile, timeoutMs: 20_000 }
  const caPem = await readFile(server.caFile, 'utf8')
  const { signal } = new AbortController()
  const vault = openVault(config, { caPem, concurrency: 4, version: '1.2.3', signal })
  onTestFinished(vault.close)
  return vault
}

function loginWith({ certPem, keyPem }: SignedPair, mapping = NAMES.mapping): LoginRequest {
  return { login: { authMount: AUTH_MOUNT, mapping }, pair: { certPem, keyPem } }
}

async function refusedSign(request: SignRequest) {
  const session = await (await open()).login(loginWith(agent))
  const error = await refusal(session.sign(request))
  await session.revoke()
  return error
}

async function leafRequest(commonName: string = NAMES.leafName): Promise<SignRequest> {
  const names = `subjectAltName=DNS:${commonName},DNS:${APP}.prod.privsec.ch`
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', '/dev/null']
  const csrPem = await must(['openssl', 'req', ...key, '-subj', `/CN=${commonName}`, '-addext', names])
  return {
    csrPem,
    issuance: {
      pkiMount: PKI_MOUNT,
      role: NAMES.leafRole,
      commonName,
      dnsNames: [`${APP}.prod.privsec.ch`],
      ipAddresses: [],
      uris: [],
      emails: [],
      subject: {},
      reuseKey: false,
      ttlMs: DAY_MS / 2,
      keyType: 'ec-p256',
      trustFile: '/etc/keyroller/pki-root.pem',
    },
  }
}

async function changeMapping(change: object): Promise<void> {
  const path = `auth/${AUTH_MOUNT}/certs/${NAMES.mapping}`
  await admin.write(path, { ...(await admin.read(path)), ...change })
}

async function accessors(): Promise<string[]> {
  const { keys } = (await admin.read('auth/token/accessors?list=true')) ?? {}
  return Array.isArray(keys) ? keys.map(String).sort() : []
}
