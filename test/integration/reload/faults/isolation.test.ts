/** Everything that hangs at once, and one consumer that does not: who has the fault is owed, and nobody else. */
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { EXIT_CODES } from '../../../../src/core/exit-codes.ts'
import type { Host } from '../../../rig/host.ts'
import type { Broken } from './broken.ts'
import { socketBreakers } from './broken-listeners.ts'
import { execBreakers } from './broken-processes.ts'
import { unitBreakers } from './broken-units.ts'
import {
  makeOwingHost,
  makeRenewedPairs,
  owedTargets,
  type RenewedPairs,
  serveForGood,
} from './owing-host.ts'
import { type Runs, startRuns } from './runs.ts'

const TIMEOUT_S = 2
/** Each that hangs takes its timeout; then there is the settle time, and what the run takes itself on a busy machine. */
const MOST_MS = 2 * TIMEOUT_S * 1000 + 15_000

let runs: Runs
let healthy: RenewedPairs
let others: RenewedPairs
beforeAll(async () => {
  runs = startRuns()
  healthy = await makeRenewedPairs('ncprd1')
  others = await makeRenewedPairs('resume2me')
})
afterAll(() => runs?.stop())

test.each([
  ['one after another', 1],
  ['at the same time', 8],
])(
  'told %s, a hung socket, a slow hook and a dead bus stop their own targets alone, and the run ends',
  async (_, max_parallel) => {
    const directory = await mkdtemp(join(tmpdir(), 'kr-isolation-'))
    onTestFinished(() => rm(directory, { recursive: true }))
    const broken = await breakThree(directory)
    const consumer = await startHealthy(healthy, () => host.paths('ncprd1'))
    const host = await makeOwingHost(
      directory,
      [
        { pairs: others, reload: broken.map(({ reload }) => reload) },
        {
          pairs: healthy,
          reload: [{ url: consumer.url }],
          probe: { connect: consumer.served, timeout: '10s' },
        },
      ],
      { renewal: { max_parallel } },
    )
    const args = ['renew', '--log', 'human', '--config', host.configFile]
    const { placed } = broken.find(({ placed }) => placed) ?? {}
    const { exit, said, tookMs } = await runs.run({ args, placed })
    expect(said).toMatch(/^ok {4}certificate\/ncprd1: \S+ serves serial /m)
    expect(exit).toBe(EXIT_CODES.owed.code)
    const owed = owedTargets(host).map((target) => target.split(':')[0])
    expect(owed.sort()).toEqual(['exec', 'socket', 'systemd'])
    expect(tookMs).toBeLessThan(MOST_MS)
  },
)

async function breakThree(directory: string): Promise<Broken[]> {
  const broken: Broken[] = []
  for (const breaker of [socketBreakers.hung, execBreakers.hung, unitBreakers.cut])
    if (breaker) broken.push(await breaker(directory, `${TIMEOUT_S}s`))
  onTestFinished(async () => {
    for (const { stop } of broken) await stop()
  })
  return broken
}

/** It serves the certificate before until it is told, and then what lies on disk. */
async function startHealthy(pairs: RenewedPairs, paths: () => ReturnType<Host['paths']>) {
  const { server, port } = await serveForGood(pairs.before)
  const told = createServer((_, answer) => {
    const { leafKey, fullchain } = paths()
    server.setSecureContext({ key: readFileSync(leafKey), cert: readFileSync(fullchain) })
    answer.end()
  })
  await new Promise<void>((resolve) => told.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    told.closeAllConnections()
    told.close()
    server.close()
  })
  const url = `http://127.0.0.1:${(told.address() as AddressInfo).port}/reload`
  return { url, served: `127.0.0.1:${port}` }
}
