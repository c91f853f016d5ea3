/**
 * An identity whose mapping trusts its certificate alone is rotated: at each step of that, broken there or killed, what is on
 * disk logs in, and the next run leaves the mapping with that certificate alone.
 */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PLACEHOLDER_PEM } from '../../../src/core/planning/pinned.ts'
import { appNames, PKI_MOUNT } from '../../rig/pki.ts'
import { type ScenarioServer, startServer } from '../../rig/scenario-s2.ts'
import { samplePoints } from '../files/sampled.ts'
import { tally } from '../files/tally.ts'
import { APP, MAPPING_PATH } from './lockout-faults.ts'
import { type PausedRun, pauseRun } from './paused-run.ts'
import { type RotatedHost, rotatedHost } from './rotated-host.ts'

const ID = `identity/${APP}` as const
const { policy, identityRole } = appNames(APP)
const PROOF_EXIT = 5

let server: ScenarioServer
let rotated: RotatedHost
beforeAll(async () => {
  server = await startServer()
  rotated = await rotatedHost(server, APP, { mapping_pins: 'certificate' })
})
afterAll(async () => {
  await rotated?.remove()
  await server?.stop()
})

const MOMENTS = ['login', 'issue', 'pin', 'prove', 'install', 'unpin', 'after unpin'] as const
type PinMoment = (typeof MOMENTS)[number]

interface PinFault {
  readonly name: string
  readonly strike: (run: PausedRun) => Promise<unknown>
  readonly mend: () => Promise<unknown>
  /** Struck there or before, it keeps the old pair in place. */
  readonly last: PinMoment
  readonly takesLogin: boolean
}

const FAULTS: readonly PinFault[] = [
  {
    name: 'keyroller killed',
    strike: async (run) => run.kill(),
    mend: async () => undefined,
    last: 'install',
    takesLogin: false,
  },
  {
    name: 'the mapping not to be written',
    strike: () => writePolicy(''),
    mend: () => writePolicy(),
    last: 'pin',
    takesLogin: false,
  },
  {
    name: 'server ended',
    strike: () => server.vault.stop(),
    mend: () => server.vault.start(),
    last: 'prove',
    takesLogin: true,
  },
]

const CASES = FAULTS.flatMap((fault) => MOMENTS.map((moment) => ({ fault, moment })))
type Case = (typeof CASES)[number]

test('each fault at each step', { timeout: 1_200_000 }, async () => {
  const { chosen, label } = samplePoints(CASES, 3, process.env)
  const violations: string[] = []
  for (const one of chosen) {
    const found = await strike(one)
    violations.push(...found.map((what) => `${one.fault.name}, ${one.moment}: ${what}`))
  }
  const of = 'an identity whose mapping trusts its certificate'
  tally({ proof: 'lockout', of, label, count: chosen.length, violations })
  expect(violations).toEqual([])
})

test('the plan says what it does to the mapping, and a run does it', async () => {
  const old = await layPinned()
  const planned = JSON.parse((await rotated.host.keyroller(['plan', '--json'])).stdout)
  const kinds = planned.steps.map(({ kind }: { kind: string }) => kind)
  const rotation = ['login', 'issue', 'pin', 'prove', 'install', 'unpin']
  expect(kinds.slice(kinds.indexOf('login'), kinds.indexOf('unpin') + 1)).toEqual(rotation)
  const { exit, stdout } = await rotated.host.keyroller(['renew', '--log', 'human'])
  expect([exit, stdout]).toEqual([0, expect.stringContaining(`${MAPPING_PATH} trusts the certificate of`)])
  expect(rotated.pair()).not.toEqual(old)
  expect(await pinned()).toBe(rotated.pair().cert)
  const mapping = await server.admin.read(MAPPING_PATH)
  expect(mapping).toMatchObject({ token_policies: [policy, 'marker-cert-auth'], token_ttl: 1200 })
})

test('without the right to write the mapping, the old pair stays, and the message says what to grant', async () => {
  const old = await layPinned()
  await writePolicy('')
  const { exit, stdout } = await rotated.host.keyroller(['renew', '--log', 'human', '--now', ID])
  expect([exit, stdout]).toEqual([
    PROOF_EXIT,
    expect.stringContaining(`path "${MAPPING_PATH}" { capabilities = ["read", "update"]`),
  ])
  expect(rotated.pair()).toEqual(old)
  expect(await rotated.logsIn()).toBe(true)
})

test('a mapping that trusts an authority is not narrowed to one host', async () => {
  await layPinned()
  await server.admin.write(MAPPING_PATH, { certificate: server.pki.intermediatePem })
  const { exit, stdout } = await rotated.host.keyroller(['renew', '--log', 'human', '--now', ID])
  expect([exit, stdout]).toEqual([PROOF_EXIT, expect.stringContaining('mapping_pins = "authority"')])
  expect(await pinned()).toBe(server.pki.intermediatePem)
})

/** A pair that is due, trusted by itself. */
/** Nothing is remembered of the test before: a failure would be waited for. */
async function layPinned() {
  rmSync(join(rotated.host.stateDir, 'state.json'), { force: true })
  const pair = await rotated.layPair()
  await server.admin.write(MAPPING_PATH, { certificate: pair.cert })
  await writePolicy()
  return pair
}

async function pinned(): Promise<unknown> {
  return (await server.admin.read(MAPPING_PATH))?.certificate
}

function writePolicy(onMapping = OWN_MAPPING): Promise<unknown> {
  const sign = `path "${PKI_MOUNT}/sign/${identityRole}" { capabilities = ["update"] }\n`
  return server.admin.write(`sys/policies/acl/${policy}`, { policy: sign + onMapping })
}

const OWN_MAPPING = `path "${MAPPING_PATH}" {
  capabilities = ["read", "update"]
  allowed_parameters = { "certificate" = [] }
}
`

async function strike({ fault, moment }: Case): Promise<string[]> {
  const old = await layPinned()
  const run = await pauseRun(rotated.host, ID, moment)
  await fault.strike(run)
  await run.end()
  const wrong: string[] = []
  const keepsOld = MOMENTS.indexOf(moment) <= MOMENTS.indexOf(fault.last)
  if ((JSON.stringify(rotated.pair()) === JSON.stringify(old)) !== keepsOld)
    wrong.push(`expected the ${keepsOld ? 'old' : 'new'} pair on disk`)
  if ((await rotated.logsIn()) === fault.takesLogin)
    wrong.push(fault.takesLogin ? 'it took no login away' : 'what is on disk does not log in')
  await fault.mend()
  return [...wrong, ...(await findMended())]
}

/** The next run of the timer need not rotate, and still leaves nothing of what was half done. */
async function findMended(): Promise<string[]> {
  const wrong: string[] = []
  if (!(await rotated.logsIn())) wrong.push('what is on disk does not log in once that is mended')
  const swept = await rotated.host.keyroller(['renew'])
  if (!(await rotated.logsIn())) wrong.push('what is on disk does not log in after the next run')
  const held = String(await pinned())
  if (held !== readFileSync(rotated.host.paths(APP).agentCert, 'utf8'))
    wrong.push(`the next run (${swept.exit}) left ${held.split('BEGIN').length - 1} in the mapping`)
  if (held.includes(PLACEHOLDER_PEM)) wrong.push('the placeholder stays in the mapping')
  return wrong
}
