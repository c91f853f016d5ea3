/** What a run costs the server, by the server's own audit log: bounded by what is due, and nothing beside it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { auditedRequests, auditMark } from '../../rig/audit-log.ts'
import { bootstrapIdentity } from '../../rig/bootstrap.ts'
import { createHost, type Host } from '../../rig/host.ts'
import type { ConfigTable } from '../../rig/host-config.ts'
import { appNames, PKI_MOUNT } from '../../rig/pki.ts'
import { APPS, DAY_MS, DUE_IDENTITY, type ScenarioServer, startServer } from '../../rig/scenario-s2.ts'

const LEAVES_EACH = 6

let server: ScenarioServer
let host: Host
beforeAll(async () => {
  server = await startServer({ storage: 'inmem' })
  const dir = await mkdtemp(join(tmpdir(), 'keyroller-issuing-load-'))
  host = await createHost({ ...server, dir, apps: APPS.map((name) => ({ name, reload: [] })) })
  const [rolled, kept] = host.apps
  if (!rolled || !kept) throw new Error('no two apps')
  await bootstrapIdentity(host, server.admin, rolled, DUE_IDENTITY)
  await bootstrapIdentity(host, server.admin, kept, { lifetimeMs: 30 * DAY_MS })
  await host.configure((config) => {
    config.certificate = Object.fromEntries(APPS.flatMap(leavesOf))
  })
}, 900_000)
afterAll(async () => {
  await rm(host.dir, { recursive: true })
  await server.stop()
})

test('one login an identity and one for its proof, one request a due certificate, every token given back', async () => {
  expect(await tally(['renew'])).toEqual({
    'auth/cert/login': APPS.length + 1,
    [`${PKI_MOUNT}/sign/${appNames('ncprd1').identityRole}`]: 1,
    ...Object.fromEntries(APPS.map((app) => [`${PKI_MOUNT}/sign/${appNames(app).leafRole}`, LEAVES_EACH])),
    'auth/token/revoke-self': APPS.length + 1,
  })
})

test('with nothing due: nothing', async () => {
  expect(await tally(['renew'])).toEqual({})
  expect(await tally(['plan'])).toEqual({})
  expect(await tally(['status'])).toEqual({})
})

test('one of them asked for: its login, its request, its token', async () => {
  expect(await tally(['renew', '--now', 'certificate/ncprd1-0'])).toEqual({
    'auth/cert/login': 1,
    [`${PKI_MOUNT}/sign/${appNames('ncprd1').leafRole}`]: 1,
    'auth/token/revoke-self': 1,
  })
})

function leavesOf(app: (typeof APPS)[number]): [string, ConfigTable][] {
  return Array.from({ length: LEAVES_EACH }, (_, index) => {
    const files = {
      key: join(host.dir, `${app}-${index}.key`),
      fullchain: join(host.dir, `${app}-${index}.pem`),
    }
    const common_name = `${app}-${index}.int.privsec.ch`
    return [`${app}-${index}`, { identity: app, role: appNames(app).leafRole, common_name, files }]
  })
}

/** Requests by path; `sys/health` is not audited. */
async function tally(args: readonly string[]): Promise<Record<string, number>> {
  const mark = await auditMark(server.vault.auditLogPath)
  const { exit, stdout } = await host.keyroller(args)
  if (exit !== 0) throw new Error(stdout)
  const paths = (await auditedRequests(server.vault.auditLogPath, mark)).map(({ path }) => path)
  return Object.fromEntries([...Map.groupBy(paths, (path) => path)].map(([path, all]) => [path, all.length]))
}
