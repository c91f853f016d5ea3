/** A control node pushes to a host: keys of a real Vault, a TLS server that is told by USR1, the old one revoked after its grace. */
import { X509Certificate } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Finished } from '../../../rig/command.ts'
import { startLocalScenario } from '../../../rig/local-scenario.ts'
import { makeAuthority } from '../../../rig/openssl-authority.ts'
import { appNames, PKI_MOUNT } from '../../../rig/pki.ts'
import { DAY_MS, type HostScenario } from '../../../rig/scenario-s2.ts'
import { servedCertificate } from '../../../rig/served.ts'
import { type SignedPair, signPair } from '../../../rig/signed-pair.ts'

const APP = 'ncprd1'
const WEB = `certificate/${APP}`
const { policy, leafRole, identityRole, leafName } = appNames(APP)
const FRESH = { lifetimeMs: 2 * DAY_MS, ageMs: 0 }

let scenario: HostScenario
let inbox: string
beforeAll(async () => {
  scenario = await startLocalScenario({ identity: FRESH, leaf: FRESH })
  const { host, pids } = scenario
  inbox = join(host.dir, 'inbox')
  mkdirSync(inbox, { mode: 0o700 })
  const pidFile = join(host.dir, 'server.pid')
  writeFileSync(pidFile, `${pids[0]}\n`)
  await host.configure((config) => {
    Object.assign(Object(config.certificate?.[APP]), {
      inbox,
      reload: [{ pid_file: pidFile, signal: 'USR1' }],
    })
    config.previous = { grace: '1s', revoke: 'any' }
  })
  const paths = [`${PKI_MOUNT}/sign/${identityRole}`, `${PKI_MOUNT}/sign/${leafRole}`, `${PKI_MOUNT}/revoke`]
  const rules = paths.map((path) => `path "${path}" { capabilities = ["update"] }`).join('\n')
  await scenario.admin.write(`sys/policies/acl/${policy}`, { policy: rules })
})
afterAll(() => scenario.stop())

test('1. what another authority signed is refused, left, and the server goes on with what it had', async () => {
  const before = await served()
  const stranger = await makeAuthority()
  const { certPem, keyPem } = await stranger
    .issue({ commonName: leafName, names: '' })
    .finally(stranger.remove)
  const said = await adopt({ keyPem, fullchainPem: certPem })
  expect([said.exit, said.stdout]).toEqual([
    7,
    expect.stringContaining('untrusted-chain: expected a chain to'),
  ])
  expect([await served(), pushed()]).toEqual([before, ['fullchain.pem', 'key.pem']])
})

test('2. half copied and truncated ones are refused; completed, the same push is installed and served', async () => {
  const old = installed()
  const next = await sign()
  empty()
  const half = await adopt({ keyPem: next.keyPem })
  expect([half.exit, half.stdout]).toEqual([7, expect.stringContaining('found key.pem alone')])
  const truncated = await adopt({ fullchainPem: next.fullchainPem.slice(0, 600) })
  expect([truncated.exit, truncated.stdout]).toEqual([7, expect.stringContaining('malformed: certificate: ')])
  expect(pushed()).toEqual(['fullchain.pem', 'key.pem'])

  const whole = await adopt({ fullchainPem: next.fullchainPem })
  expect([whole.exit, whole.stderr]).toEqual([0, ''])
  expect(whole.stdout).toMatch(/ok {4}signal:\S+\?signal=USR1: SIGUSR1 sent to pid \d+/)
  expect([installed(), await served(), pushed()]).toEqual([next.serial, next.serial, []])
  expect(await isRevoked(old)).toBe(false)
})

test('3. the old one is revoked once its grace is over, and by no person', async () => {
  const kept = readdirSync(join(scenario.host.stateDir, 'previous'))
  const old = kept[0]?.split('.')[1] ?? ''
  await sleep(1100)
  expect(await scenario.host.keyroller(['renew'])).toMatchObject({ exit: 0 })
  expect([await isRevoked(old), await isRevoked(installed())]).toEqual([true, false])
})

test('4. a push that is played again is refused, also when nothing is kept of it', async () => {
  const [first, second] = [await sign(), await sign()]
  for (const pair of [first, second]) expect(await adopt(pair)).toMatchObject({ exit: 0 })
  const kept = await adopt(first)
  expect([kept.exit, kept.stdout]).toEqual([7, expect.stringContaining('which was replaced at')])
  await sleep(1100)
  expect(await scenario.host.keyroller(['renew'])).toMatchObject({ exit: 0 })
  const told = await adopt(first)
  expect([told.exit, told.stdout]).toEqual([7, expect.stringContaining('already, as entry')])
  expect(await served()).toBe(second.serial)
})

test('5. the ledger says who asked, what was taken in and what was refused, and is sound', async () => {
  const { stdout } = await scenario.host.keyroller(['ledger', 'show', '--json', '-n', '0'])
  const entries: { kind: string; step?: string; result?: string; verb?: string }[] =
    JSON.parse(stdout).entries
  expect(entries.find(({ verb }) => verb === 'adopt')).toMatchObject({ asked: { uid: process.geteuid?.() } })
  const results = entries.filter(({ kind, step }) => kind === 'outcome' && step === 'adopt')
  expect(results.map(({ result }) => result)).toEqual([
    ...['failed', 'failed', 'failed', 'done', 'done', 'done', 'failed', 'failed'],
  ])
  expect(await scenario.host.keyroller(['ledger', 'verify'])).toMatchObject({ exit: 0 })
})

function sign(): Promise<SignedPair> {
  return signPair(scenario.admin, { commonName: leafName, usage: 'server', ...FRESH })
}

/** Files that are not given stay as they were pushed before. */
function adopt({ keyPem, fullchainPem }: Partial<SignedPair>): Promise<Finished> {
  if (keyPem !== undefined) writeFileSync(join(inbox, 'key.pem'), keyPem, { mode: 0o600 })
  if (fullchainPem !== undefined) writeFileSync(join(inbox, 'fullchain.pem'), fullchainPem, { mode: 0o600 })
  return scenario.host.keyroller(['adopt', WEB, '--log', 'human'])
}

function pushed(): string[] {
  return readdirSync(inbox).toSorted()
}

function empty(): void {
  for (const name of pushed()) rmSync(join(inbox, name))
}

function installed(): string {
  return new X509Certificate(readFileSync(scenario.host.paths(APP).fullchain)).serialNumber
}

async function served(): Promise<string> {
  return (await servedCertificate(scenario.proxyPort, leafName)).serialNumber
}

async function isRevoked(serial: string): Promise<boolean> {
  const bytes = serial.toLowerCase().match(/../g) ?? []
  const found = await scenario.admin.read(`${PKI_MOUNT}/cert/${bytes.join('-')}`)
  return Number(found?.revocation_time ?? 0) > 0
}
