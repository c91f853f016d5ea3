/** What real runs on a real Vault leave in the ledger, and that it is durable before what it tells of happens. */
import { X509Certificate } from 'node:crypto'
import { mkdir, readFile, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Entry } from '../../../../src/core/ledger/entry.ts'
import { auditedRequests, auditMark } from '../../../rig/audit-log.ts'
import { bootstrapIdentity, bootstrapLeaf } from '../../../rig/bootstrap.ts'
import type { Finished } from '../../../rig/command.ts'
import { createHost, type Host } from '../../../rig/host.ts'
import { DAY_MS, DUE_IDENTITY, type ScenarioServer, startServer } from '../../../rig/scenario-s2.ts'
import { traceRun } from '../paused-run.ts'

const APP = 'ncprd1'
const DUE_LEAF = { lifetimeMs: DAY_MS, ageMs: 0.8 * DAY_MS }
const ENDING_LEAF = { lifetimeMs: DAY_MS, ageMs: 0.95 * DAY_MS }

let server: ScenarioServer
let host: Host
beforeAll(async () => {
  server = await startServer({ storage: 'inmem' })
  host = await createHost({ ...server, apps: [{ name: APP, reload: [{ exec: ['/bin/true'] }] }] })
  await lay(DUE_IDENTITY, DUE_LEAF)
})
afterAll(() => server?.stop())

test('a run that renews: who asked, every effect with its intent and its outcome, signed by the new identity', async () => {
  const { exit } = await host.keyroller(['renew'])
  expect(exit).toBe(0)
  const entries = await shown()
  const ofRun = entries.map((entry) => ('step' in entry ? `${entry.kind} ${entry.step}` : entry.kind))
  expect(ofRun).toEqual([
    'run',
    'outcome login',
    'intent issue',
    'outcome issue',
    'outcome prove',
    'intent install',
    'outcome install',
    'intent issue',
    'outcome issue',
    'intent install',
    'outcome install',
    'intent reload',
    'outcome reload',
    'checkpoint',
  ])
  const { agentCert, fullchain } = host.paths(APP)
  const serials = entries.flatMap((one) =>
    one.kind === 'outcome' && one.step === 'install' ? (one.certificates ?? []) : [],
  )
  expect(serials.map(({ serial }) => serial)).toEqual([await serialOf(agentCert), await serialOf(fullchain)])
  expect(await signerOf(entries.at(-1))).toBe(await serialOf(agentCert))
  expect(await verified()).toMatchObject({ exit: 0 })
})

test('after the next rotation it is signed by the next identity, and all of it verifies still', async () => {
  const before = await serialOf(host.paths(APP).agentCert)
  await host.keyroller(['renew', '--now', `identity/${APP}`])
  const entries = await shown()
  const signers = await Promise.all(entries.filter(({ kind }) => kind === 'checkpoint').map(signerOf))
  expect(signers).toEqual([before, await serialOf(host.paths(APP).agentCert)])
  expect(new Set(signers).size).toBe(2)
  expect(JSON.parse((await verified()).stdout)).toMatchObject({ pass: true, checkpoints: 2, heads: 2 })
})

test('with nothing due it is not opened', async () => {
  const { points, ended } = await traceRun(host, ['renew'], ['openat', 'fsync'])
  expect(ended.exit).toBe(0)
  expect(points.filter(({ text }) => text.includes('/ledger.jsonl'))).toEqual([])
})

test('what was issued and what is to be installed is durable before a file is switched; few appends for all', async () => {
  await lay({ lifetimeMs: 30 * DAY_MS }, DUE_LEAF)
  const { points, ended } = await traceRun(host, ['renew'], ['fsync', 'write', 'rename'])
  expect(ended.exit).toBe(0)
  const calls = points.flatMap(({ syscall, text }) => {
    if (syscall === 'rename' && text.includes('fullchain')) return ['switched']
    return text.includes('/ledger.jsonl') ? [`${syscall} ledger`] : []
  })
  // In front of what is issued, installed, told and removed; and at the end.
  expect(calls.filter((call) => call.endsWith('ledger'))).toEqual(
    Array.from({ length: 5 }, () => ['write ledger', 'fsync ledger']).flat(),
  )
  expect(calls.indexOf('switched')).toBe(calls.indexOf('fsync ledger', 2) + 1)
})

test('no key, token or request is in it', async () => {
  const text = await readFile(ledgerPath(), 'utf8')
  const keys = await Promise.all(
    [host.paths(APP).agentKey, host.paths(APP).leafKey].map((path) => readFile(path, 'utf8')),
  )
  const secrets = keys.flatMap((key) => key.trim().split('\n').slice(1, -1))
  expect(secrets.filter((line) => text.includes(line))).toEqual([])
  expect(text).not.toMatch(/hv[sbr]\.|PRIVATE|CERTIFICATE REQUEST/)
})

test('where it cannot be written Vault is asked for nothing, but for what is near its end', async () => {
  await lay({ lifetimeMs: 30 * DAY_MS }, DUE_LEAF)
  await host.configure((config) => {
    Object.assign(config.host ?? {}, { state_dir: join(host.dir, 'var/lib/other') })
  })
  await mkdir(join(host.dir, 'var/lib/other'), { mode: 0o700 })
  await mkdir(ledgerPath('other'))
  const mark = await auditMark(server.vault.auditLogPath)
  const refused = await host.keyroller(['renew'])
  expect([refused.exit, refused.stdout]).toEqual([4, expect.stringContaining('"fault":"ledger-failed"')])
  expect(await signedSince(mark)).toBe(0)

  await lay({ lifetimeMs: 30 * DAY_MS }, ENDING_LEAF)
  const before = await serialOf(host.paths(APP).fullchain)
  expect((await host.keyroller(['renew', '--now', `certificate/${APP}`])).exit).toBe(4)
  expect(await signedSince(mark)).toBe(1)
  expect(await serialOf(host.paths(APP).fullchain)).not.toBe(before)

  await rmdir(ledgerPath('other'))
  expect((await host.keyroller(['renew', '--now', `certificate/${APP}`])).exit).toBe(0)
  expect((await shown()).slice(0, 2)).toMatchObject([{ kind: 'gap', cause: 'unwritable' }, { kind: 'run' }])
  expect(await verified()).toMatchObject({ exit: 0 })
})

async function lay(
  identity: Parameters<typeof bootstrapIdentity>[3],
  leaf: Parameters<typeof bootstrapLeaf>[3],
): Promise<void> {
  for (const app of host.apps) {
    await bootstrapIdentity(host, server.admin, app, identity)
    await bootstrapLeaf(host, server.admin, app, leaf)
  }
}

function ledgerPath(stateDir = 'keyroller'): string {
  return join(host.dir, 'var/lib', stateDir, 'ledger.jsonl')
}

async function shown(): Promise<Entry[]> {
  const { stdout } = await host.keyroller(['ledger', 'show', '--json', '-n', '0'])
  return JSON.parse(stdout).entries
}

function verified(): Promise<Finished> {
  return host.keyroller(['ledger', 'verify', '--json'])
}

/** Serial of the certificate in the header of the signature. */
async function signerOf(entry: Entry | undefined): Promise<string | undefined> {
  if (entry?.kind !== 'checkpoint') return undefined
  const header = JSON.parse(Buffer.from(entry.jws.split('.')[0] ?? '', 'base64url').toString())
  return new X509Certificate(Buffer.from(header.x5c[0], 'base64')).serialNumber.toLowerCase()
}

async function serialOf(path: string): Promise<string> {
  return new X509Certificate(await readFile(path)).serialNumber.toLowerCase()
}

async function signedSince(mark: number): Promise<number> {
  const requests = await auditedRequests(server.vault.auditLogPath, mark)
  return requests.filter(({ path, data }) => path.includes('/sign/') && path.includes(APP) && data.csr).length
}
