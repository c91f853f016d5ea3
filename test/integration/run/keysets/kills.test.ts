/**
 * Steps in the life of a keyset, killed at a call that changes files: its record is whole and has one version in use, every file is the
 * old one or the new one, and the next run goes on to the same end, with nobody untold.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { wentBack } from '../../../../src/core/keysets/lineage.ts'
import { isKeysetRecord, type KeysetRecord } from '../../../../src/core/keysets/record.ts'
import type { ConfigTable } from '../../../rig/host-config.ts'
import {
  KEYSET_PATH,
  type KeysetFleet,
  keysDir,
  startKeysetFleet,
} from '../../../rig/keysets/keyset-fleet.ts'
import { type LoneHost, loneHost } from '../../../rig/keysets/lone-host.ts'
import { samplePoints } from '../../files/sampled.ts'
import { tally } from '../../files/tally.ts'
import { KILLED, type KillPoint, runKilled, traceRun } from '../paused-run.ts'
import { type AgedKeyset, age, findTorn } from './aged-keyset.ts'

const CALLS = ['fsync', 'link', 'rename', 'unlink'] as const
/** In turn, each due so many days after the one before; what is in use then is in its last week, its first hour, its second week. */
const STEPS = [
  { of: 'the next version is made', days: 24, life: 'active next' },
  { of: 'it is put in use', days: 7.5, life: 'retiring active' },
  { of: 'the one before is cut off', days: 6, life: 'archived active' },
] as const
const FOREIGN = {
  kty: 'OKP',
  crv: 'Ed25519',
  kid: 'partner',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
}

let lone: LoneHost
let fleet: KeysetFleet
beforeAll(async () => {
  lone = loneHost()
  lone.configure({ tokens: layKeyset(lone.at('keys')) })
  fleet = await startKeysetFleet(['alpha'], (host) => layKeyset(keysDir(host)))
})
afterAll(async () => {
  await fleet?.stop()
  lone?.remove()
})

test('a keyset of one host', { timeout: 1_800_000 }, () =>
  prove('a keyset of one host', lone.at('keys'), {
    ...{ host: lone, name: 'tokens' },
    read: async () => lone.record('tokens'),
    write: async (record) =>
      writeFileSync(lone.recordPath('tokens'), JSON.stringify(record), { mode: 0o600 }),
  }),
)

test('a keyset that a fleet shares', { timeout: 1_800_000 }, () => {
  const [host] = fleet.hosts
  if (!host) throw new Error('no host')
  return prove('a keyset in a real Vault', keysDir(host), {
    ...{ host, name: 'tokens' },
    read: async () => {
      const { data } = (await fleet.admin.read(`kv/data/${KEYSET_PATH}`)) as { data: { record: string } }
      return JSON.parse(data.record)
    },
    write: (record) =>
      fleet.admin.write(`kv/data/${KEYSET_PATH}`, { data: { record: JSON.stringify(record) } }),
  })
})

async function prove(of: string, dir: string, keyset: AgedKeyset): Promise<void> {
  expect((await keyset.host.keyroller(['renew'])).exit).toBe(0)
  const samples = []
  for (const { days } of STEPS) {
    await age(keyset, days)
    const { points, ended } = await traceRun(keyset.host, ['renew'], CALLS)
    expect(ended.exit, ended.stdout).toBe(0)
    samples.push(
      samplePoints(
        points.filter(({ isFirst }) => isFirst),
        1,
        process.env,
      ),
    )
  }
  const most = Math.max(...samples.map(({ chosen }) => chosen.length))
  const found = STEPS.map(() => [] as string[][])
  for (let turn = 0; turn < most; turn += 1)
    for (const [index, step] of STEPS.entries()) {
      const point = samples[index]?.chosen[turn]
      const before = await age(keyset, step.days)
      const violations = point && (await killedAt(point, { dir, keyset, before, life: step.life }))
      if (violations) found[index]?.push(violations.map((what) => `killed at ${point.text}: ${what}`))
      else expect((await keyset.host.keyroller(['renew'])).exit).toBe(0)
    }
  for (const [index, step] of STEPS.entries()) {
    const [runs, label] = [found[index] ?? [], samples[index]?.label ?? '']
    tally({ proof: 'keyset', of: `${of}: ${step.of}`, label, count: runs.length, violations: runs.flat() })
  }
  expect(found.flat(2)).toEqual([])
}

interface Killing {
  readonly dir: string
  readonly keyset: AgedKeyset
  readonly before: KeysetRecord
  /** Of the last two versions, in the end. */
  readonly life: string
}

async function killedAt(point: KillPoint, { dir, keyset, before, life }: Killing): Promise<string[]> {
  const { host } = keyset
  const killed = await runKilled(host, ['renew'], point)
  const now = await keyset.read()
  if (!isKeysetRecord(now)) return ['the record is not whole']
  const atOnce = [...findWrong(before, now), ...findTorn(keyset, [before, now])]
  const next = await host.keyroller(['renew'])
  const after = await keyset.read()
  if (!isKeysetRecord(after)) return [...atOnce, 'the record is not whole after the next run']
  const plan = await host.keyroller(['plan', '--json'])
  return [
    ...(killed.exit === KILLED ? [] : [`the run was not killed, it ended with ${killed.exit}`]),
    ...[...atOnce, ...findWrong(now, after), ...findTorn(keyset, [now, after], true)],
    ...(next.exit === 0 ? [] : [`the next run ended with ${next.exit}: ${next.stdout}`]),
    ...(lifeOf(after) === life ? [] : [`expected ${life}, found ${lifeOf(after)}`]),
    ...(plan.exit === 0 ? findToDo(plan.stdout) : [`plan ended with ${plan.exit}: ${plan.stderr}`]),
    ...findUntold(dir),
    ...findLeftovers(host.stateDir),
  ]
}

function findWrong(before: KeysetRecord, { document }: KeysetRecord): string[] {
  const back = wentBack(before.document, document)
  const used = document.versions.filter(({ state }) => state === 'active').length
  return [...(back ? [back] : []), ...(used === 1 ? [] : [`${used} versions are in use`])]
}

function lifeOf({ document }: KeysetRecord): string {
  const states = document.versions.map((one) => (one.state === 'retired' && one.fate?.what) || one.state)
  return states.slice(-2).join(' ')
}

function findToDo(stdout: string): string[] {
  const { decisions, steps } = JSON.parse(stdout)
  return [...decisions, ...steps].flatMap(({ kind, message }) => (kind === 'keep' ? [] : [message]))
}

/** Its consumer keeps what it read when it was told; and what is not ours is there still. */
function findUntold(dir: string): string[] {
  const [jwks, told] = ['jwks.json', 'told'].map((name) => readFileSync(join(dir, name), 'utf8'))
  const isThere =
    jwks?.includes(JSON.stringify(FOREIGN)) && readFileSync(join(dir, 'env'), 'utf8').startsWith('OTHER=1\n')
  return [
    ...(jwks === told ? [] : ['the consumer is untold']),
    ...(isThere ? [] : ['what is not ours is gone']),
  ]
}

/** A record that was not whole yet has keys in it. */
function findLeftovers(stateDir: string): string[] {
  const [keysets, journal] = [join(stateDir, 'keysets'), join(stateDir, 'journal.json')]
  const halves = existsSync(keysets) ? readdirSync(keysets).filter((name) => name.includes('.new')) : []
  return [...halves, ...(existsSync(journal) ? [journal] : [])].map((path) => `${path} is left`)
}

/** The table, for files in a folder that then holds some of others. */
function layKeyset(dir: string): ConfigTable {
  for (const name of ['pems', 'evidence']) mkdirSync(join(dir, name), { recursive: true, mode: 0o700 })
  writeFileSync(join(dir, 'jwks.json'), JSON.stringify({ keys: [FOREIGN] }))
  writeFileSync(join(dir, 'env'), 'OTHER=1\n')
  return {
    ...{
      kind: 'ed25519',
      rotate_every: '30d',
      publish_ahead: '7d',
      longest_lifetime: '1d',
      accept_for: '5d',
    },
    reload: [{ exec: ['/bin/cp', join(dir, 'jwks.json'), join(dir, 'told')] }],
    files: {
      jwks: join(dir, 'jwks.json'),
      private_jwks: join(dir, 'private.json'),
      pem_dir: join(dir, 'pems'),
      public_dir: join(dir, 'evidence'),
      variable: { path: join(dir, 'env'), name: 'KEY' },
    },
  }
}
