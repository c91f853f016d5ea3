/**
 * Every way a run can go wrong, on a real Vault, and then everything keyroller has printed, told or left: no token, key,
 * signing request, password or secret value is in any of it. The keys themselves are taken from the disk, the tokens and
 * requests from the audit log of the server.
 */
import { appendFileSync, existsSync, globSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { forEachBounded } from '../../../src/core/concurrency.ts'
import { auditMark } from '../../rig/audit-log.ts'
import { auditedCanaries, type Canary, findCanaries, keyCanaries, valueCanaries } from '../../rig/canaries.ts'
import type { ConfigTable } from '../../rig/host-config.ts'
import { startLocalScenario } from '../../rig/local-scenario.ts'
import { appNames, PKI_MOUNT, writeLeafRole, writeMapping } from '../../rig/pki.ts'
import { DAY_MS, type HostScenario } from '../../rig/scenario-s2.ts'
import { vaultRequest } from '../../rig/vault-admin.ts'
import { type Mounted, mountTmpfs } from '../files/mounts.ts'

const APP = 'ncprd1'
const OTHER = 'resume2me'
const { mapping, policy, leafRole, commonName } = appNames(APP)
const PASSWORD = 'canary-pkcs12-7d1f"\\'
const VALUE = 'canary-value-3f9a"$`\\ x'

let scenario: HostScenario
let disk: Mounted
let mark: number
/** What was printed, by run. */
const printed = new Map<string, string>()
const canaries: Canary[] = [...valueCanaries('password', PASSWORD), ...valueCanaries('secret value', VALUE)]

beforeAll(async () => {
  disk = await mountTmpfs('size=64k,mode=0755')
  scenario = await startLocalScenario({ identity: { lifetimeMs: 30 * DAY_MS } })
  mark = await auditMark(scenario.vault.auditLogPath)
  writeFileSync(at('p12-password'), `${PASSWORD}\n`, { mode: 0o600 })
  const { admin } = scenario
  await admin.write('sys/mounts/kv', { type: 'kv', options: { version: '2' } })
  await admin.write('kv/data/app', { data: { password: VALUE } })
  const rules = `path "kv/data/app" { capabilities = ["read"] }
path "kv/data/keyroller/fleet/*" { capabilities = ["create", "update"] }
path "${PKI_MOUNT}/revoke-with-key" { capabilities = ["update"] }`
  await admin.write('sys/policies/acl/read-app', { policy: rules })
  await allow([policy, 'read-app'])
  await scenario.host.configure(withEverything)
})
afterAll(async () => {
  await scenario?.stop()
  await disk?.remove()
})

describe('a run', () => {
  test('that does everything', async () => {
    expect(await keyroller('renew', 'renew', '--log', 'json')).toBe(0)
    expect(await keyroller('renew as json', 'renew', '--now', '--json', APP)).toBe(0)
    expect(await keyroller('rollback', 'rollback', `certificate/${APP}`)).toBe(0)
    expect(await keyroller('renew after rollback', 'renew', '--now', APP)).toBe(0)
  })

  test('whose server is down, or is another', async () => {
    const env = { VAULT_ADDR: 'https://127.0.0.1:1' }
    expect(await keyroller('server down', 'renew', '--now', APP, { env })).toBe(9)
    expect(
      await keyroller('untrusted', 'renew', '--now', APP, { env: { VAULT_CACERT: scenario.host.trustFile } }),
    ).toBe(9)
  })

  test('whose role or policy is wrong', async () => {
    await scenario.admin.remove(`${PKI_MOUNT}/roles/${leafRole}`)
    expect(await keyroller('no role', 'renew', '--now', '--json', APP)).toBe(6)
    await writeLeafRole(scenario.admin, APP, '24h')
    await allow(['default'])
    expect(await keyroller('no policy', 'renew', '--now', '--log', 'json', APP)).toBe(6)
    expect(await keyroller('verify without policy', 'verify', '--json')).toBe(12)
    await allow([policy, 'read-app'])
  })

  test('that cannot log in', async () => {
    await scenario.admin.remove(`auth/cert/certs/${mapping}`)
    expect(await keyroller('no mapping', 'renew', '--now', APP)).toBe(5)
    await writeMapping(scenario.admin, APP, scenario.pki)
    await allow([policy, 'read-app'])
    const { agentKey } = scenario.host.paths(APP)
    const whole = readFileSync(agentKey, 'utf8')
    writeFileSync(agentKey, whole.slice(0, -60))
    await keyroller('half a key', 'renew', '--now', '--json', APP)
    writeFileSync(agentKey, whole)
  })

  test('whose answer is not what was asked for, or whose secret is unfit', async () => {
    await scenario.host.configure((config) => {
      withEverything(config)
      Object.assign(config.certificate?.[APP] ?? {}, { issuer_name: 'Another CA' })
    })
    await scenario.admin.write('kv/data/app', { data: { password: `${VALUE}\u0000`, 'not a name': VALUE } })
    expect(await keyroller('unfit', 'renew', '--now', '--json', APP)).toBe(7)
    await scenario.admin.write('kv/data/app', { data: { password: VALUE } })
    await scenario.host.configure(withEverything)
  })

  test('whose disk is full', async () => {
    await scenario.host.configure((config) => {
      withEverything(config)
      const files = { key: join(disk.path, 'key'), fullchain: join(disk.path, 'fullchain') }
      Object.assign(config.certificate?.[APP] ?? {}, { files })
    })
    writeFileSync(join(disk.path, 'filler'), Buffer.alloc(60_000))
    expect(await keyroller('disk full', 'renew', '--now', '--log', 'json', APP)).toBe(4)
    await scenario.host.configure(withEverything)
  })

  test('whose consumer fails, with all it was given in its own words', async () => {
    await scenario.host.configure((config) => {
      withEverything(config)
      const reload = [{ exec: ['/bin/sh', '-c', 'env >&2; cat >&2; exit 1'] }]
      const probe = { connect: '127.0.0.1:1', wait: '1s' }
      Object.assign(config.certificate?.[APP] ?? {}, { reload })
      Object.assign(config.certificate?.[OTHER] ?? {}, { probe })
    })
    expect(await keyroller('reload fails', 'renew', '--now', '--log', 'json')).not.toBe(0)
    await scenario.host.configure(withEverything)
  })

  test('that enrols with a token that is spent, and one that is good', async () => {
    for (const [name, spent] of [
      ['spent', true],
      ['good', false],
    ] as const) {
      const token = await wrappedToken()
      canaries.push(...valueCanaries('wrapped token', token))
      if (spent) await vaultRequest(scenario.vault, { method: 'PUT', path: 'sys/wrapping/unwrap', token })
      writeFileSync(at('token'), token, { mode: 0o600 })
      const args = ['enroll', APP, '--repair', '--token', at('token')]
      expect(await keyroller(`${name} token`, ...args, '--json')).toBe(spent ? 5 : 0)
    }
    writeFileSync(at('token'), 'hvs.no-such-token-but-one-that-nobody-may-see', { mode: 0o600 })
    expect(await keyroller('no token', 'enroll', APP, '--repair', '--token', at('token'))).toBe(5)
  })

  test('that revokes, is refused, or only looks', async () => {
    await keyroller('revoke', 'revoke', `certificate/${APP}`, '--with-key')
    const looks = [
      'plan',
      'status',
      'doctor',
      'verify',
      'skew',
      'check',
      'metrics',
      'config check',
      'ledger export',
    ]
    await forEachBounded([...looks, 'ledger show -n 0'], 3, async (look) => {
      await keyroller(look, ...look.split(' '), '--json')
    })
    expect(printed.size).toBeGreaterThan(24)
  })
})

describe('what is left of it', () => {
  test('holds no secret', async () => {
    printed.set('card', await card())
    canaries.push(...auditedCanaries(scenario.vault.auditLogPath, mark))
    const kinds = new Set(canaries.map(({ kind }) => kind))
    expect([...kinds]).toEqual(
      expect.arrayContaining(['client_token', 'csr', 'token', 'key', 'wrapped token']),
    )
    expect(findCanaries(sinks(), canaries)).toEqual([])
  })

  test('and a secret put into any of it is found there', () => {
    const [canary] = keyCanaries('key', readFileSync(scenario.host.paths(OTHER).leafKey, 'utf8'))
    if (!canary) throw new Error('the key has no lines')
    for (const path of left()) appendFileSync(path, JSON.stringify({ message: `x${canary.text}` }))
    for (const [run, text] of printed) printed.set(run, text + canary.text)
    const found = findCanaries(sinks(), [canary])
    expect(found).toEqual([...sinks().keys()].map((sink) => `${sink}: key`))
    for (const name of [
      'ledger.jsonl',
      'state.json',
      'history.json',
      'status.json',
      'notified.json',
      'keyroller.prom',
      'messages',
      'hooks',
    ])
      expect(
        found.some((one) => one.includes(`${name}: key`)),
        name,
      ).toBe(true)
  })

  test('nor does a core file hold it: none is left, whatever the shell allows', async () => {
    await scenario.host.configure((config) => {
      withEverything(config)
      const certificate = (config.certificate?.[OTHER] ?? {}) as { reload: unknown[] }
      const hook = { exec: ['/bin/sh', '-c', `grep core /proc/$PPID/limits > ${at('limits')}`] }
      certificate.reload = [...certificate.reload, hook]
    })
    const args = ['renew', '--now', `certificate/${OTHER}`]
    const { exit } = await scenario.host.keyroller(args, { under: ['prlimit', '--core=4096:unlimited'] })
    expect(exit).toBe(0)
    expect(readFileSync(at('limits'), 'utf8')).toMatch(/^Max core file size +0 +unlimited /)
  })
})

/** Everything of value that a host can hold, everybody who is told of it, and every place to leave something in. */
function withEverything(config: Record<string, ConfigTable>): void {
  config.kv = { mount: 'kv' }
  config.fleet = { identity: APP }
  config.metrics = { textfile: at('keyroller.prom') }
  config.notify = {
    exec: ['/bin/sh', '-c', `cat >> ${at('messages')}`],
    max_per_material: 100,
    max_overall: 100,
  }
  config.previous = { keep: 2, revoke: 'own-key' }
  const certificate = (config.certificate?.[APP] ?? {}) as { files: ConfigTable; reload: unknown[] }
  Object.assign(certificate.files, { pkcs12: { path: at('app.p12'), password_file: at('p12-password') } })
  const hook = { exec: ['/bin/sh', '-c', `env >> ${at('hooks')}; cat >> ${at('hooks')}`] }
  certificate.reload = [...certificate.reload, hook]
  const files = { raw: { password: { path: at('secret') } }, env: at('env'), json: at('json') }
  config.secret = { [APP]: { identity: APP, path: 'app', files } }
}

type Asked = string | { readonly env: NodeJS.ProcessEnv }

/** Runs it, keeps what it printed, and every key that lies on the host afterwards. */
async function keyroller(name: string, ...asked: readonly Asked[]): Promise<number | null> {
  const args = asked.filter((one) => typeof one === 'string')
  const options = asked.find((one) => typeof one !== 'string') ?? {}
  const { exit, stdout, stderr } = await scenario.host.keyroller(args, options)
  printed.set(`${name}: printed`, stdout + stderr)
  for (const pem of keysOnDisk()) canaries.push(...keyCanaries('key', pem))
  return exit
}

function keysOnDisk(): string[] {
  const { host } = scenario
  const live = [APP, OTHER].flatMap((app) => [host.paths(app).agentKey, host.paths(app).leafKey])
  const kept = globSync(join(host.stateDir, 'previous/**'))
  const files = [...live, ...kept].filter((path) => existsSync(path) && statSync(path).isFile())
  const pems = files.map((path) => readFileSync(path, 'latin1'))
  return pems.flatMap(
    (pem) => /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----\n/.exec(pem)?.[0] ?? [],
  )
}

function sinks(): Map<string, string> {
  return new Map([
    ...left().map((path): [string, string] => [path, readFileSync(path, 'latin1')]),
    ...printed,
  ])
}

/** Every file of keyroller's own, but for those that are kept to go back to, and what it handed to others. */
function left(): string[] {
  const { stateDir, runtimeDir } = scenario.host
  const own = [stateDir, runtimeDir].flatMap((dir) => globSync(join(dir, '**')))
  return [...own, at('keyroller.prom'), at('messages'), at('hooks')]
    .filter((path) => statSync(path).isFile() && !path.startsWith(join(stateDir, 'previous')))
    .sort()
}

/** As it lies in the store, and what its parts say. */
async function card(): Promise<string> {
  const stored = await scenario.admin.read(`kv/data/keyroller/fleet/${commonName}`)
  const { card: jws } = (stored?.data ?? { card: 'none' }) as { readonly card: string }
  const parts = jws.split('.').slice(0, 2)
  expect(parts).toHaveLength(2)
  return [jws, ...parts.map((part) => Buffer.from(part, 'base64url').toString())].join('\n')
}

async function allow(policies: readonly string[]): Promise<void> {
  await scenario.admin.write(`auth/cert/certs/${mapping}`, { token_policies: policies })
}

async function wrappedToken(): Promise<string> {
  const { body } = await vaultRequest(scenario.vault, {
    method: 'PUT',
    path: 'auth/token/create',
    body: { policies: [policy, 'read-app'], ttl: '5m' },
    token: scenario.vault.rootToken,
    headers: { 'X-Vault-Wrap-TTL': '5m' },
  })
  return String((body.wrap_info as { token?: string } | undefined)?.token)
}

function at(name: string): string {
  return join(scenario.dir, name)
}
