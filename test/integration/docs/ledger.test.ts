/** The verifier that docs/ledger.md gives to whoever has no keyroller: it and `ledger verify` say the same of the same ledgers. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { KEY_TYPES, type KeyType } from '../../../src/core/key-type.ts'
import type { EntryBody } from '../../../src/core/ledger/entry.ts'
import type { LedgerHead } from '../../../src/core/ledger/head.ts'
import { makeCheckpoint } from '../../../src/run/ledger/checkpoint.ts'
import { openRunLedger } from '../../../src/run/ledger/ledger.ts'
import { verifyLedger } from '../../../src/run/ledger/verify-ledger.ts'
import { must, run } from '../../rig/command.ts'
import { type SmallHost, smallHost } from '../../unit/run/small-host.ts'

const page = readFileSync(join(import.meta.dirname, '../../../docs/ledger.md'), 'utf8')
const [, program = ''] = /```python\n(.*?)```/s.exec(page) ?? []

const NEW_KEY: Readonly<Record<KeyType, readonly string[]>> = {
  'ec-p256': ['EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  'ec-p384': ['EC', '-pkeyopt', 'ec_paramgen_curve:P-384'],
  'ec-p521': ['EC', '-pkeyopt', 'ec_paramgen_curve:P-521'],
  'rsa-2048': ['RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
  'rsa-3072': ['RSA', '-pkeyopt', 'rsa_keygen_bits:3072'],
  'rsa-4096': ['RSA', '-pkeyopt', 'rsa_keygen_bits:4096'],
  ed25519: ['ED25519'],
}

let dir: string
let hosts: Map<KeyType, SmallHost>
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'keyroller-ledger-docs-'))
  writeFileSync(join(dir, 'ledger-verify'), program)
  hosts = new Map()
  for (const type of KEY_TYPES) hosts.set(type, await signingHost(type))
})
afterAll(() => rmSync(dir, { recursive: true }))

test.each(KEY_TYPES)('signed with %s: both find it sound', async (type) => {
  const head = await writeRuns(hostOf(type), 2)
  expect(ours(hostOf(type), head)).toEqual({ fault: undefined, checkpoints: 2 })
  expect(await theirs(hostOf(type), head)).toEqual({
    exit: 0,
    stderr: '',
    stdout: `${head.seq} entries, up to ${head.seq}:${head.hash}\n`,
  })
})

describe('of a ledger that was changed, both say that it is not', { timeout: 300_000 }, () => {
  let host: SmallHost
  let head: LedgerHead
  let written: string[]
  beforeAll(async () => {
    host = hostOf('ec-p256')
    rmSync(ledgerOf(host), { force: true })
    head = await writeRuns(host, 2)
    written = readFileSync(ledgerOf(host), 'utf8').trimEnd().split('\n')
  })

  test('any byte of any line', async () => {
    const changes = fc.sample(
      fc.tuple(fc.nat(written.length - 1), fc.nat(), fc.integer({ min: 1, max: 127 })),
      12,
    )
    for (const [line, place, change] of changes) {
      const bytes = Buffer.from(written[line] ?? '')
      bytes[place % bytes.length] = (bytes[place % bytes.length] ?? 0) ^ change
      await bothRefuse(written.with(line, bytes.toString('latin1')), 'latin1')
    }
  })

  test('lines dropped, moved, doubled, or cut off', async () => {
    for (let line = 0; line < written.length; line += 2) {
      await bothRefuse(written.toSpliced(line, 1))
      await bothRefuse(written.slice(0, line))
      await bothRefuse(written.toSpliced(line, 0, written[(line + 2) % written.length] ?? ''))
    }
  })

  test('signed by another identity of the same authority', async () => {
    const other = hostOf('ec-p384')
    const foreign = { ...host, config: { ...host.config, materials: other.config.materials } }
    rmSync(ledgerOf(host))
    const signed = await writeRuns(foreign, 1)
    expect(ours(foreign, signed).fault).toBeUndefined()
    expect(ours(host, signed).fault).toBe('forged')
    expect((await theirs(host, signed)).stderr).toMatch(/^FAIL entry \d+: /)
  })

  async function bothRefuse(lines: readonly string[], encoding: 'utf8' | 'latin1' = 'utf8'): Promise<void> {
    writeFileSync(ledgerOf(host), `${lines.join('\n')}\n`, encoding)
    const { exit, stderr } = await theirs(host, head)
    expect([ours(host, head).fault !== undefined, exit, stderr.split(' ')[0]]).toEqual([true, 1, 'FAIL'])
  }
})

test('of one that a crash cut off, both say that it is sound, and so once the next run has named that', async () => {
  const host = hostOf('ed25519')
  const before = await writeRuns(host, 1)
  await writeRuns(host, 1)
  const kept = readFileSync(ledgerOf(host), 'utf8').split('\n').slice(0, before.seq).join('\n')
  truncateSync(ledgerOf(host), Buffer.byteLength(kept) + 40)
  expect(ours(host, before).fault).toBeUndefined()
  expect((await theirs(host, before)).exit).toBe(0)
  const after = await writeRuns(host, 1)
  expect(readFileSync(ledgerOf(host), 'utf8')).toContain('"kind":"torn"')
  expect(ours(host, after).fault).toBeUndefined()
  expect((await theirs(host, after)).exit).toBe(0)
})

function hostOf(type: KeyType): SmallHost {
  const host = hosts.get(type)
  if (!host) throw new Error(`no host signs with ${type}`)
  return host
}

function ledgerOf({ config }: SmallHost): string {
  return join(config.stateDir, 'ledger.jsonl')
}

/** Entries as real runs make them, signed with what is on disk. */
async function writeRuns({ config, host }: SmallHost, count: number): Promise<LedgerHead> {
  let head: LedgerHead | undefined
  for (let index = 0; index < count; index += 1) {
    const ledger = openRunLedger({ stateDir: config.stateDir, host, verb: 'renew', known: {} })
    for (const body of BODIES) ledger.add(body)
    ledger.add((place) => makeCheckpoint(place, { config, host, issued: new Map() }))
    const closed = await ledger.close()
    expect(closed.fault).toBeUndefined()
    head = closed.memory.head
  }
  if (!head) throw new Error('nothing was written')
  return head
}

const STEP = {
  step: 'issue',
  materials: ['certificate/a'],
  message: 'issue “certificate/a”: due\u0001\\ "é😀',
} as const
const BODIES: readonly EntryBody[] = [
  { kind: 'intent', ...STEP, reason: 'due' },
  {
    kind: 'outcome',
    ...STEP,
    of: 2,
    result: 'done',
    tookMs: 3,
    certificates: [{ material: 'certificate/a', serial: '01' }],
  },
]

function ours({ config, host }: SmallHost, head: LedgerHead) {
  const { fault, checkpoints } = verifyLedger(config, host, {
    files: [],
    from: 1,
    heads: [head],
    signers: [],
  })
  return { fault: fault?.kind, checkpoints }
}

async function theirs(host: SmallHost, { seq, hash }: LedgerHead) {
  const { commonName, trustFile } = host.identity.issuance
  const asked = [trustFile, commonName, `${seq}:${hash}`, ledgerOf(host)]
  const { exit, stdout, stderr } = await run(['python3', join(dir, 'ledger-verify'), ...asked])
  return { exit, stdout, stderr }
}

/** All of one authority, which openssl made; the common name says the type. */
async function signingHost(type: KeyType): Promise<SmallHost> {
  const root = join(dir, type)
  mkdirSync(root)
  const small = smallHost(root)
  mkdirSync(small.config.stateDir, { mode: 0o700 })
  const commonName = `agent-${type}.example`
  const [key = '', cert = ''] = small.identity.files.map(({ path }) => path)
  const ca = await caOf()
  await must(['openssl', 'genpkey', '-algorithm', ...NEW_KEY[type], '-out', key])
  const request = await must(['openssl', 'req', '-new', '-key', key, '-subj', `/CN=${commonName}`])
  const signed = ['-CA', ca.cert, '-CAkey', ca.key, '-days', '1', '-out', cert]
  await must(['openssl', 'x509', '-req', ...signed], { input: request })
  writeFileSync(small.identity.issuance.trustFile, readFileSync(ca.cert))
  const identity = { ...small.identity, issuance: { ...small.identity.issuance, commonName } }
  const host = { ...small.host, clock: () => Date.now() }
  return { ...small, host, identity, config: { ...small.config, materials: [identity, small.certificate] } }
}

let madeCa: Promise<{ cert: string; key: string }> | undefined
function caOf() {
  madeCa ??= makeCa()
  return madeCa
}

async function makeCa() {
  const [cert, key] = [join(dir, 'ca.pem'), join(dir, 'ca.key')]
  const fresh = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key]
  await must(['openssl', 'req', '-x509', ...fresh, '-subj', '/CN=CA', '-days', '2', '-out', cert])
  return { cert, key }
}
