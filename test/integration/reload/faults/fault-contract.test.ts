/** Every fault of every kind of target, met by a whole run of keyroller: what the table says is what becomes of it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Server } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EXIT_CODES } from '../../../../src/core/exit-codes.ts'
import { type PodmanHost, startPodmanHost } from '../podman-host.ts'
import type { Breaker, Breakers, Broken } from './broken.ts'
import { containerBreakers, containerExecBreakers } from './broken-containers.ts'
import { httpBreakers, socketBreakers } from './broken-listeners.ts'
import { execBreakers, signalBreakers } from './broken-processes.ts'
import { unitBreakers } from './broken-units.ts'
import { FAULT_TABLE, type FaultKind } from './fault-table.ts'
import {
  makeOwingHost,
  makeRenewedPairs,
  owedTargets,
  type RenewedPairs,
  serveForGood,
} from './owing-host.ts'
import { type Runs, startRuns } from './runs.ts'
import { BOUNDS, FAULTS, type Fault, type Met, OUTCOMES, type Times } from './words.ts'

/** Long enough for what a busy machine does at once, too, where the fault is not that nothing comes. */
const PATIENCE = '40s'
const TIMES: Times = { timeoutMs: 2000, settleMs: 1000, probeMs: 1000 }
/** What a run takes itself, on a machine that has other things to do. */
const RUN_MS = 15_000

let podman: PodmanHost
let pairs: RenewedPairs
let stale: { server: Server; port: number }
let runs: Runs
beforeAll(async () => {
  runs = startRuns()
  pairs = await makeRenewedPairs('ncprd1')
  stale = await serveForGood(pairs.before)
  podman = await startPodmanHost()
})
afterAll(async () => {
  stale?.server.close()
  await runs?.stop()
  await podman?.stop()
})

const host = () => podman
const BREAKERS: Readonly<Record<FaultKind, Breakers>> = {
  'podman-name': containerBreakers('podman', host),
  'podman-label': containerBreakers('podman_label', host),
  'docker-name': containerBreakers('docker', host),
  'docker-label': containerBreakers('docker_label', host),
  'podman-exec': containerExecBreakers(host),
  systemd: unitBreakers,
  exec: execBreakers,
  signal: signalBreakers,
  socket: socketBreakers,
  http: httpBreakers,
}

describe.each(Object.keys(FAULT_TABLE) as FaultKind[])('%s', { concurrent: true }, (kind) => {
  for (const fault of Object.keys(FAULTS) as Fault[]) {
    const cell = FAULT_TABLE[kind][fault]
    const breaker = BREAKERS[kind][fault]
    if ('cannot' in cell) test(`${FAULTS[fault]}: cannot be`, () => expect(breaker).toBeUndefined())
    else test(`${FAULTS[fault]}: ${cell.outcome}`, () => holds(fault, cell, breaker))
  }
})

async function holds(fault: Fault, cell: Met, breaker: Breaker | undefined): Promise<void> {
  if (!breaker) throw new Error('a fault that nobody makes')
  const directory = await mkdtemp(join(tmpdir(), 'kr-fault-'))
  const broken = await breaker(directory, fault === 'hung' ? `${TIMES.timeoutMs / 1000}s` : PATIENCE)
  try {
    const { exit, said, owed, tookMs } = await runOnce(directory, broken, fault)
    const { owed: isOwed, exit: code } = OUTCOMES[cell.outcome]
    expect(said).toContain(cell.says)
    expect([exit, owed]).toEqual([code ? EXIT_CODES[code].code : 0, isOwed ? 1 : 0])
    const { atLeastMs, atMostMs } = BOUNDS[cell.within]
    expect(tookMs).toBeGreaterThanOrEqual(atLeastMs(TIMES))
    expect(tookMs).toBeLessThan(atMostMs(TIMES) + RUN_MS)
  } finally {
    await broken.stop()
    await rm(directory, { recursive: true })
  }
}

async function runOnce(directory: string, { reload, podmanSocket, placed }: Broken, fault: Fault) {
  const probe = { connect: `127.0.0.1:${stale.port}`, timeout: `${TIMES.probeMs / 1000}s` }
  const consumer = { pairs, reload: [reload], ...(fault === 'stale' ? { probe } : {}) }
  const host = await makeOwingHost(directory, [consumer], { podmanSocket })
  const args = ['renew', '--log', 'human', '--config', host.configFile]
  const { exit, said, tookMs } = await runs.run({ args, placed })
  return { exit, said, owed: owedTargets(host).length, tookMs }
}
