/** A cluster of two on real Vaults: the active one is spoken to; a standby forwards logins with client certificates too. */
import { X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { openVault, type Vault } from '../../../src/vault/open-vault.ts'
import type { SignRequest } from '../../../src/vault/pki.ts'
import { generateKeypair } from '../../../src/x509/keypair.ts'
import { makeSigningRequest } from '../../../src/x509/signing-request.ts'
import { AUTH_MOUNT, appNames, setUpApp, setUpPki } from '../../rig/pki.ts'
import { type SignedPair, signPair } from '../../rig/signed-pair.ts'
import { vaultAdmin } from '../../rig/vault-admin.ts'
import { startVault, type VaultServer, vaultBinary } from '../../rig/vault-server.ts'
import { SIGN } from './sign-request.ts'

const NAMES = appNames('ncprd1')

let dir: string
let active: VaultServer
let standby: VaultServer
let agent: SignedPair
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'keyroller-cluster-'))
  const binary = await vaultBinary()
  active = await startVault({ dir: join(dir, 'a'), binary, storage: 'raft' })
  standby = await startVault({ dir: join(dir, 'b'), binary, storage: 'raft', joins: active })
  const admin = vaultAdmin(active, active.rootToken)
  const pki = await setUpPki(admin)
  await setUpApp(admin, { app: 'ncprd1', pki })
  agent = await signPair(admin, { commonName: NAMES.commonName, usage: 'client', lifetimeMs: 86_400_000 })
}, 1_800_000)
afterAll(async () => {
  await Promise.all([active?.stop(), standby?.stop()])
  await rm(dir, { recursive: true, force: true })
})

test('the active server is chosen, also from behind the standby', async () => {
  expect(await (await open([standby, active])).health()).toMatchObject({
    standby: false,
    address: active.address,
  })
})

test('a standby alone forwards: login, signing, proof and revocation work through it', async () => {
  const vault = await open([standby])
  expect(await vault.health()).toMatchObject({ standby: true, address: standby.address })
  const session = await vault.login(LOGIN())
  expect(session.policies).toContain(NAMES.policy)
  const signed = await session.sign(await leafRequest())
  expect(new X509Certificate(signed.certificatePem).subject).toBe(`CN=${NAMES.leafName}`)
  expect(await session.revoke()).toEqual({ revoked: true })
  expect((await vault.prove(LOGIN())).revocation).toEqual({ revoked: true })
})

const LOGIN = () => ({ login: { authMount: AUTH_MOUNT, mapping: NAMES.mapping }, pair: agent })

async function leafRequest(): Promise<SignRequest> {
  const issuance = { ...SIGN.issuance, role: NAMES.leafRole, commonName: NAMES.leafName }
  return { issuance, csrPem: makeSigningRequest(issuance, await generateKeypair(issuance.keyType)).pem }
}

async function open(servers: readonly VaultServer[]): Promise<Vault> {
  const caPems = await Promise.all(servers.map(({ caFile }) => readFile(caFile, 'utf8')))
  const config = {
    addresses: servers.map(({ address }) => address),
    caFile: '/etc/vault-ca.pem',
    timeoutMs: 10_000,
  }
  const { signal } = new AbortController()
  const vault = openVault(config, { caPem: caPems.join(''), concurrency: 4, version: '1.2.3', signal })
  onTestFinished(vault.close)
  return vault
}
