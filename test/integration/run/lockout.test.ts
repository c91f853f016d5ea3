/**
 * A host never locks itself out: for each fault at each step of the rotation of its identity, what is on disk afterwards
 * logs in at a real Vault. Where the fault itself lets nobody in, it does so once that is mended, and the next run rotates.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ScenarioServer, startServer } from '../../rig/scenario-s2.ts'
import { samplePoints } from '../files/sampled.ts'
import { tally } from '../files/tally.ts'
import { APP, addSuccessor, FAULTS, type Fault } from './lockout-faults.ts'
import { MOMENTS, pauseRun } from './paused-run.ts'
import { type RotatedHost, rotatedHost } from './rotated-host.ts'

const ID = `identity/${APP}` as const

let server: ScenarioServer
let rotated: RotatedHost
beforeAll(async () => {
  server = await startServer()
  await addSuccessor(server)
  rotated = await rotatedHost(server, APP, {})
})
afterAll(async () => {
  await rotated?.remove()
  await server?.stop()
})

interface Case {
  readonly fault: Fault
  readonly moment: (typeof MOMENTS)[number]
}

const CASES: readonly Case[] = FAULTS.flatMap((fault) => MOMENTS.map((moment) => ({ fault, moment })))

test('each fault at each step', { timeout: 1_200_000 }, async () => {
  const { chosen, label } = samplePoints(CASES, 4, process.env)
  const violations: string[] = []
  for (const one of chosen) {
    const found = await strike(one)
    violations.push(...found.map((what) => `${one.fault.name}, ${one.moment}: ${what}`))
  }
  const of = 'an identity whose mapping pins its authority'
  tally({ proof: 'lockout', of, label, count: chosen.length, violations })
  expect(violations).toEqual([])
})

/** What does not hold of a rotation that meets the fault at that moment. */
async function strike({ fault, moment }: Case): Promise<string[]> {
  const old = await rotated.layPair()
  if (!(await rotated.logsIn())) return ['the pair laid down does not log in']
  const run = await pauseRun(rotated.host, ID, moment)
  await fault.strike(server, run)
  const exit = await run.end()
  const found = await findStruck(exit, old, { fault, moment })
  await fault.mend(server)
  return [...found, ...(await findMended())]
}

async function findStruck(exit: number | undefined, old: object, { fault, moment }: Case): Promise<string[]> {
  const keepsOld = MOMENTS.indexOf(moment) <= MOMENTS.indexOf(fault.last)
  const isOld = JSON.stringify(rotated.pair()) === JSON.stringify(old)
  const wrong: string[] = []
  if (exit !== undefined && (exit !== 0) !== keepsOld) wrong.push(`the run ended with ${exit}`)
  if (isOld !== keepsOld) wrong.push(`expected the ${keepsOld ? 'old' : 'new'} pair on disk`)
  if ((await rotated.logsIn()) === fault.takesLogin)
    wrong.push(fault.takesLogin ? 'it took no login away' : 'what is on disk does not log in')
  return wrong
}

async function findMended(): Promise<string[]> {
  const wrong: string[] = []
  if (!(await rotated.logsIn())) wrong.push('what is on disk does not log in once that is mended')
  const next = await rotated.host.keyroller(['renew', '--now', ID])
  if (next.exit !== 0) wrong.push(`the next run ended with ${next.exit}: ${next.stdout}`)
  if (!(await rotated.logsIn())) wrong.push('what the next run installed does not log in')
  return wrong
}
