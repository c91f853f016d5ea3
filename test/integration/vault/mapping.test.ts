/**
 * What keyroller relies on where a mapping trusts the certificate of its host, and how little the host's policy has to allow
 * for it: measured on a real server, by a client that shares no code with keyroller.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { PLACEHOLDER_PEM } from '../../../src/core/planning/pinned.ts'
import { appNames } from '../../rig/pki.ts'
import { DAY_MS, type ScenarioServer, startServer } from '../../rig/scenario-s2.ts'
import { type SignedPair, signPair } from '../../rig/signed-pair.ts'
import { type VaultAnswer, vaultRequest } from '../../rig/vault-admin.ts'

const { mapping, commonName, policy } = appNames('ncprd1')
const PATH = `auth/cert/certs/${mapping}`
const OTHER_PATH = `auth/cert/certs/${appNames('resume2me').mapping}`

let server: ScenarioServer
let [a, b, c]: SignedPair[] = []
beforeAll(async () => {
  server = await startServer({ storage: 'inmem' })
  const sign = () => signPair(server.admin, { commonName, usage: 'client', lifetimeMs: DAY_MS })
  ;[a, b, c] = [await sign(), await sign(), await sign()]
  await server.admin.write(`sys/policies/acl/${policy}`, {
    policy: `path "${PATH}" { capabilities = ["read", "update"] allowed_parameters = { "certificate" = [] } }`,
  })
})
afterAll(() => server?.stop())

describe('several certificates in a mapping', () => {
  test('of hosts: the first alone lets somebody in', async () => {
    await pin(a, b)
    expect(await statuses(a, b, c)).toEqual([200, 400, 400])
  })

  test('behind the placeholder: each of them, and nobody else', async () => {
    await server.admin.write(PATH, { certificate: PLACEHOLDER_PEM + a?.certPem + b?.certPem })
    expect(await statuses(a, b, c)).toEqual([200, 200, 400])
  })

  test('written alone, they leave every other field as it was', async () => {
    const before = await server.admin.read(PATH)
    await pin(b)
    expect(await server.admin.read(PATH)).toEqual({ ...before, certificate: b?.certPem })
  })
})

describe('a host that may write the certificates of its mapping', () => {
  let token: string
  beforeEach(async () => {
    await pin(a)
    const { auth } = (await login(a)).body
    token = String((auth as { client_token?: unknown }).client_token)
  })

  test('reads and writes them, also with a token whose own certificate has left', async () => {
    expect((await ask('GET', PATH)).status).toBe(200)
    expect((await ask('PUT', PATH, { certificate: b?.certPem })).status).toBe(204)
    expect(await statuses(a, b)).toEqual([400, 200])
    expect((await ask('PUT', PATH, { certificate: a?.certPem })).status).toBe(204)
  })

  test.each([
    ['policies', { token_policies: ['root'] }],
    ['the policies of older versions', { policies: ['root'] }],
    ['names', { allowed_common_names: [] }],
    ['the life of its tokens', { token_ttl: '8760h' }],
  ])('does not write %s', async (_, fields) => {
    const before = await server.admin.read(PATH)
    expect((await ask('PUT', PATH, fields)).status).toBe(403)
    expect((await ask('PUT', PATH, { certificate: a?.certPem, ...fields })).status).toBe(403)
    expect(await server.admin.read(PATH)).toEqual(before)
  })

  test('does not write the mapping of another, nor delete its own', async () => {
    expect((await ask('PUT', OTHER_PATH, { certificate: a?.certPem })).status).toBe(403)
    expect((await ask('DELETE', PATH)).status).toBe(403)
  })

  test('may let in whom it likes: what the policy cannot close', async () => {
    expect((await ask('PUT', PATH, { certificate: server.pki.intermediatePem })).status).toBe(204)
    expect(await statuses(c)).toEqual([200])
  })

  function ask(method: string, path: string, body?: object): Promise<VaultAnswer> {
    return vaultRequest(server.vault, { method, path, body, token })
  }
})

async function pin(...pairs: readonly (SignedPair | undefined)[]): Promise<void> {
  await server.admin.write(PATH, { certificate: pairs.map((pair) => pair?.certPem).join('') })
}

async function statuses(...pairs: readonly (SignedPair | undefined)[]): Promise<number[]> {
  return (await Promise.all(pairs.map(login))).map(({ status }) => status)
}

function login(pair: SignedPair | undefined): Promise<VaultAnswer> {
  if (!pair) throw new Error('no pair was signed')
  const asked = { method: 'PUT', path: 'auth/cert/login', body: { name: mapping } }
  return vaultRequest(server.vault, { ...asked, client: { key: pair.keyPem, cert: pair.certPem } })
}
