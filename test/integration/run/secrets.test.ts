/** Secrets of a real KV engine beside the pairs of scenario S2: read, rendered, told, and left alone while they are the same. */
import { appendFile, chmod, lstat, readFile, readlink, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { auditedRequests } from '../../rig/audit-log.ts'
import { run } from '../../rig/command.ts'
import type { ConfigTable } from '../../rig/host-config.ts'
import { startLocalScenario } from '../../rig/local-scenario.ts'
import { appNames } from '../../rig/pki.ts'
import { DAY_MS, type HostScenario } from '../../rig/scenario-s2.ts'

const APP = 'ncprd1'
const CANARY = 'canary-3f9a"$`\\ value'
const KEY = Buffer.from([0, 255, 10, 13, 128])

let scenario: HostScenario
beforeAll(async () => {
  scenario = await startLocalScenario({ identity: { lifetimeMs: 30 * DAY_MS }, leaf: { lifetimeMs: DAY_MS } })
  await scenario.admin.write('sys/mounts/kv', { type: 'kv', options: { version: '2' } })
  await put({ password: CANARY, user: 'app', key: KEY.toString('base64') })
  await grant()
  await configure()
})
afterAll(() => scenario?.stop())

describe('a secret', () => {
  test('is read and rendered in every form, with its modes, and its consumers are told', async () => {
    expect(await renew()).toBe(0)
    expect(await readFile(path('password'), 'utf8')).toBe(`${CANARY}\n`)
    expect(await readFile(path('key'))).toEqual(KEY)
    expect(JSON.parse(await readFile(path('json'), 'utf8'))).toEqual({ password: CANARY, user: 'app' })
    const script = '. "$1" && printf %s "$password/$user"'
    expect((await run(['sh', '-c', script, 'sh', path('env')])).stdout).toBe(`${CANARY}/app`)
    for (const name of ['password', 'key', 'env']) expect(await modeOf(path(name))).toBe(0o600)
    expect(await modeOf(path('json'))).toBe(0o640)
    expect(await told()).toBe(1)
  })

  test('with nothing due is not asked for: no request at all', async () => {
    const before = (await auditedRequests(scenario.vault.auditLogPath)).length
    expect(await renew()).toBe(0)
    expect((await auditedRequests(scenario.vault.auditLogPath)).length).toBe(before)
    expect((await plan()).steps).toEqual([])
  })

  test('of the same version is neither written nor told', async () => {
    const before = await stat(path('password'))
    expect(await renew('--now', 'secret/db')).toBe(0)
    const { ino, mtimeMs, ctimeMs } = await stat(path('password'))
    expect({ ino, mtimeMs, ctimeMs }).toEqual({
      ino: before.ino,
      mtimeMs: before.mtimeMs,
      ctimeMs: before.ctimeMs,
    })
    expect(await told()).toBe(1)
  })

  test('of a new version is written where it changed, and told', async () => {
    const before = await stat(path('key'))
    await put({ password: 'rolled', user: 'app', key: KEY.toString('base64') })
    expect(await renew()).toBe(0)
    expect(await readFile(path('password'), 'utf8')).toBe(`${CANARY}\n`)
    expect(await renew('--now', 'secret/db')).toBe(0)
    expect(await readFile(path('password'), 'utf8')).toBe('rolled\n')
    expect((await stat(path('key'))).ino).toBe(before.ino)
    expect(await told()).toBe(2)
    expect((await status('secret/db')).issued.message).toMatch(/^version 2, read at /)
  })
})

describe('a file that is not as it was written', () => {
  test('is seen by the plan without the network, and made anew', async () => {
    await appendFile(path('env'), 'x=y\n')
    await rm(path('json'))
    const { decisions, steps } = await plan()
    expect(decisions.find(isSecret)).toMatchObject({ kind: 'refresh', reason: 'missing' })
    expect(steps.map(({ kind }: { kind: string }) => kind)).toEqual([
      'health',
      'login',
      'refresh',
      'reload',
      'retest',
    ])
    expect(await renew()).toBe(0)
    expect(await readFile(path('env'), 'utf8')).toBe('password=rolled\nuser=app\n')
    expect((await plan()).steps).toEqual([])
  })

  test('but in its mode is mended without asking anybody', async () => {
    await chmod(path('password'), 0o644)
    const before = (await auditedRequests(scenario.vault.auditLogPath)).length
    expect(await renew()).toBe(0)
    expect(await modeOf(path('password'))).toBe(0o600)
    expect((await auditedRequests(scenario.vault.auditLogPath)).length).toBe(before)
    expect((await plan()).steps).toEqual([])
  })

  test('because the configuration is another is made anew', async () => {
    await configure({ fields: ['user'] })
    expect((await plan()).decisions.find(isSecret)).toMatchObject({ reason: 'form-drift' })
    expect(await renew()).toBe(0)
    expect(JSON.parse(await readFile(path('json'), 'utf8'))).toEqual({ user: 'app' })
    await configure()
    expect(await renew()).toBe(0)
  })
})

describe('what cannot be had leaves the files as they are, and says why', () => {
  beforeEach(async () => {
    await grant()
    await configure()
    await put({ password: 'rolled', user: 'app', key: KEY.toString('base64') })
  })

  test('a field that is missing', async () => {
    await put({ user: 'app', password: 'rolled' })
    await refused(7, 'secret-unfit', 'secret/db: expected the field key, found password, user')
  })

  test('a version that was deleted', async () => {
    await scenario.admin.remove('kv/data/app/db')
    await refused(
      7,
      'secret-missing',
      /^kv\/data\/app\/db: expected a secret, found its newest version \d+ deleted$/,
    )
  })

  test('a version that was destroyed', async () => {
    const { current_version: newest } = (await scenario.admin.read('kv/metadata/app/db')) ?? {}
    await scenario.admin.write('kv/destroy/app/db', { versions: [newest] })
    await refused(7, 'secret-missing', /newest version \d+ destroyed$/)
  })

  test('a secret that never was', async () => {
    await configure({ path: 'app/nowhere' })
    await refused(7, 'secret-missing', 'kv/data/app/nowhere: expected a secret, found none')
  })

  test('a policy that does not allow it', async () => {
    await scenario.admin.write(`sys/policies/acl/secret-${APP}`, {
      policy: 'path "kv/data/other" { capabilities = ["read"] }',
    })
    await refused(
      6,
      'vault-denied',
      /^expected the capability read on kv\/data\/app\/db, found a token with /,
    )
  })

  async function refused(exit: number, code: string, message: string | RegExp): Promise<void> {
    const before = await readFile(path('password'), 'utf8')
    const failed = await scenario.host.keyroller(['renew', '--json', '--now', 'secret/db'])
    expect(failed.exit).toBe(exit)
    expect(await readFile(path('password'), 'utf8')).toBe(before)
    const { failure } = await status('secret/db')
    expect(failure).toMatchObject({ code, message: expect.stringMatching(message) })
  }
})

test('it waits then, mends modes meanwhile, and goes on once asked', async () => {
  await rm(path('json'))
  await chmod(path('password'), 0o644)
  expect((await plan()).decisions.find(isSecret)).toMatchObject({ kind: 'repair' })
  await scenario.host.keyroller(['renew'])
  expect(await modeOf(path('password'))).toBe(0o600)
  expect((await plan()).decisions.find(isSecret)).toMatchObject({ kind: 'hold', reason: 'backing-off' })
  await grant()
  expect(await renew('--now', 'secret/db')).toBe(0)
})

test('with the layout generation it is switched by one link, and left alone while it is the same', async () => {
  await configure({ layout: 'generation' })
  await put({ password: 'first', user: 'app', key: KEY.toString('base64') })
  expect(await renew('secret/db')).toBe(0)
  const link = join(scenario.dir, '.keyroller-secret-db')
  const generation = await readlink(link)
  expect(await renew('--now', 'secret/db')).toBe(0)
  expect(await readlink(link)).toBe(generation)
  expect((await plan()).decisions.find(isSecret)).toMatchObject({ kind: 'keep' })
  await put({ password: 'second', user: 'app', key: KEY.toString('base64') })
  await chmod(path('json'), 0o600)
  expect(await renew('--now', 'secret/db')).toBe(0)
  expect(await readFile(path('password'), 'utf8')).toBe('second\n')
  expect(await modeOf(path('json'))).toBe(0o640)
  expect(await readlink(link)).not.toBe(generation)
  await configure()
  expect(await renew('secret/db')).toBe(0)
  expect((await lstat(path('password'))).isFile()).toBe(true)
})

test('verify logs in and reads it', async () => {
  const { stdout } = await scenario.host.keyroller(['verify', '--json', 'secret/db'])
  const lines = JSON.parse(stdout).lines as { check: string; pass: boolean; message: string }[]
  const own = lines.filter(({ check }) => check !== 'server-side')
  expect(own.map(({ check, pass }) => [check, pass])).toEqual([
    ...Array(4).fill(['file', true]),
    ['server', true],
    ['login', true],
    ['secret', true],
  ])
})

test('the value is in its files and nowhere else', async () => {
  await put({ password: CANARY, user: 'app', key: KEY.toString('base64') })
  const shown: string[] = []
  for (const args of [
    ['renew', '--now', '--json'],
    ['renew', '--now', 'secret/db'],
    ['status', '--json'],
    ['plan', '--json'],
    ['verify'],
  ])
    shown.push(...(await scenario.host.keyroller(args).then(({ stdout, stderr }) => [stdout, stderr])))
  await put({ password: `${CANARY}\u0000`, user: 'app', key: CANARY })
  shown.push(
    ...(await scenario.host.keyroller(['renew', '--now']).then(({ stdout, stderr }) => [stdout, stderr])),
  )
  expect(shown.join('')).not.toContain('canary')
  const { stateDir, runtimeDir } = scenario.host
  const found = await run(['grep', '-rlF', 'canary', stateDir, runtimeDir])
  expect(found.stdout).toBe('')
})

async function put(fields: Record<string, unknown>): Promise<void> {
  await scenario.admin.write('kv/data/app/db', { data: fields })
}

async function grant(): Promise<void> {
  const { mapping, policy } = appNames(APP)
  const rules = 'path "kv/data/app/*" { capabilities = ["read"] }'
  await scenario.admin.write(`sys/policies/acl/secret-${APP}`, { policy: rules })
  await scenario.admin.write(`auth/cert/certs/${mapping}`, { token_policies: [policy, `secret-${APP}`] })
}

async function configure(changes: ConfigTable = {}): Promise<void> {
  await scenario.host.configure((config) => {
    config.kv = { mount: 'kv' }
    config.secret = {
      db: {
        identity: APP,
        path: 'app/db',
        fields: ['password', 'user'],
        files: {
          raw: {
            password: { path: path('password'), final_newline: 'add' },
            key: { path: path('key'), encoding: 'base64' },
          },
          env: path('env'),
          json: { path: path('json'), mode: '0640' },
        },
        reload: [{ exec: ['/bin/sh', '-c', `echo told >> ${path('told')}`] }],
        ...changes,
      },
    }
  })
}

async function renew(...args: string[]): Promise<number | null> {
  const { exit, stdout, stderr } = await scenario.host.keyroller(['renew', ...args])
  if (exit !== 0) throw new Error(stdout + stderr)
  return exit
}

async function plan() {
  return JSON.parse((await scenario.host.keyroller(['plan', '--json'])).stdout)
}

async function status(id: string) {
  const { materials } = JSON.parse((await scenario.host.keyroller(['status', '--json'])).stdout)
  return materials.find((one: { id: string }) => one.id === id)
}

function isSecret({ material }: { material: string }): boolean {
  return material === 'secret/db'
}

async function told(): Promise<number> {
  return (await readFile(path('told'), 'utf8')).split('\n').length - 1
}

async function modeOf(file: string): Promise<number> {
  return (await stat(file)).mode & 0o777
}

function path(name: string): string {
  return join(scenario.dir, `secret-${name}`)
}
