import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { auditedRequests, auditMark } from '../../rig/audit-log.ts'
import { appNames, ISSUER_NAME, setUpApp, writeMapping } from '../../rig/pki.ts'
import { APPS, type ScenarioServer, startServer } from '../../rig/scenario-s2.ts'
import { type SignedPair, signPair } from '../../rig/signed-pair.ts'
import { vaultRequest } from '../../rig/vault-admin.ts'
import { vaultBinary } from '../../rig/vault-server.ts'

let server: ScenarioServer
let agent: SignedPair

beforeAll(async () => {
  server = await startServer()
  agent = await signPair(server.admin, {
    commonName: appNames('ncprd1').commonName,
    usage: 'client',
    lifetimeMs: 3_600_000,
  })
})

afterAll(() => server?.stop())

const login = (mapping: string) =>
  vaultRequest(server.vault, {
    method: 'POST',
    path: 'auth/cert/login',
    body: { name: mapping },
    client: { key: agent.keyPem, cert: agent.certPem },
  })

test('an agent certificate logs in through its own mapping, with both policies', async () => {
  const answer = await login('agent-ncprd1')
  expect(answer.status).toBe(200)
  const { token_policies: policies } = answer.body.auth as { token_policies: string[] }
  expect(policies.sort()).toEqual(['default', 'marker-cert-auth', 'pki-issue-ncprd1'])
})

test('it does not log in through the mapping of the other app', async () => {
  expect((await login('agent-resume2me')).status).toBe(400)
})

test('it does not log in once the mapping is gone, and does again when it is back', async () => {
  await server.admin.remove('auth/cert/certs/agent-ncprd1')
  expect((await login('agent-ncprd1')).status).toBe(400)
  await writeMapping(server.admin, 'ncprd1', server.pki)
  expect((await login('agent-ncprd1')).status).toBe(200)
})

test.each(APPS)('%s may sign with its own roles and nothing else', async (app) => {
  const { policy, identityRole, leafRole } = appNames(app)
  const { auth } = await server.admin.write('auth/token/create', { policies: [policy] })
  const { client_token: token } = auth as { client_token: string }
  const capabilities = async (path: string) => {
    const body = { token, paths: [path] }
    return (await server.admin.write('sys/capabilities', body))[path]
  }
  expect(await capabilities(`pki-prod/sign/${identityRole}`)).toEqual(['update'])
  expect(await capabilities(`pki-prod/sign/${leafRole}`)).toEqual(['update'])
  expect(await capabilities(`pki-prod/issue/${leafRole}`)).toEqual(['deny'])
  expect(await capabilities(`pki-prod/sign-verbatim/${leafRole}`)).toEqual(['deny'])
  expect(await capabilities(`pki-prod/roles/${leafRole}`)).toEqual(['deny'])
})

test('a pair can be days old at once, below the intermediate', async () => {
  const day = 24 * 3_600_000
  const options = { usage: 'client', lifetimeMs: 30 * day, ageMs: 25 * day } as const
  const pair = await signPair(server.admin, { commonName: 'old.prod.privsec.ch', ...options })
  const certificate = new X509Certificate(pair.certPem)
  const lifetimeMs = certificate.validToDate.getTime() - certificate.validFromDate.getTime()
  expect(Math.round(lifetimeMs / day)).toBe(30)
  expect(Math.round((Date.now() - certificate.validFromDate.getTime()) / day)).toBe(25)
  expect(certificate.issuer).toBe(`CN=${ISSUER_NAME}`)
  expect(pair.fullchainPem.match(/BEGIN CERTIFICATE/g)).toHaveLength(2)
})

test('the audit log tells what was asked, in clear', async () => {
  const mark = await auditMark(server.vault.auditLogPath)
  await login('agent-ncprd1')
  const requests = await auditedRequests(server.vault.auditLogPath, mark)
  expect(requests).toMatchObject([
    { operation: 'update', path: 'auth/cert/login', data: { name: 'agent-ncprd1' }, error: '' },
  ])
})

test('sealing shows in sys/health and is undone', async () => {
  const health = async () => (await vaultRequest(server.vault, { method: 'GET', path: 'sys/health' })).status
  await server.vault.seal()
  expect(await health()).toBe(503)
  await server.vault.unseal()
  expect(await health()).toBe(200)
})

test('another stamp takes over the port and the data', async () => {
  const version = async () => {
    const { body } = await vaultRequest(server.vault, { method: 'GET', path: 'sys/health' })
    return body.version
  }
  const before = await version()
  await server.vault.stop()
  await expect(version()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  await server.vault.start(await vaultBinary('1.20.4'))
  expect(await version()).toBe('1.20.4')
  expect((await login('agent-ncprd1')).status).toBe(200)
  await server.vault.stop()
  await server.vault.start(await vaultBinary())
  expect(await version()).toBe(before)
})

test('setting an app up again changes nothing that works', async () => {
  await setUpApp(server.admin, { app: 'ncprd1', pki: server.pki })
  expect((await login('agent-ncprd1')).status).toBe(200)
})

test('the audit log never saw a private key', async () => {
  const log = await readFile(join(server.vault.auditLogPath), 'utf8')
  expect(log).toContain('CERTIFICATE REQUEST')
  expect(log).not.toContain('PRIVATE KEY')
})
