/** Everything that hangs at once, and one consumer that does not: who has the fault is owed, and nobody else. */
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
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

let directory: string
let runs: Runs
let host: Host
let healthy: Awaited<ReturnType<typeof startHealthy>>
const broken: Broken[] = []
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kr-isolation-'))
  runs = startRuns()
  for (const breaker of [socketBreakers.hung, execBreakers.hung, unitBreakers.cut])
    if (breaker) broken.push(await breaker(directory, `${TIMEOUT_S}s`))
  const [pairs, others] = [await makeRenewedPairs('ncprd1'), await makeRenewedPairs('resume2me')]
  healthy = await startHealthy(pairs, () => host.paths('ncprd1'))
  host = await makeOwingHost(directory, [
    { pairs: others, reload: broken.map(({ reload }) => reload) },
    { pairs, reload: [{ url: healthy.url }], probe: { connect: healthy.served, timeout: '10s' } },
  ])
})
afterAll(async () => {
  healthy?.stop()
  for (const { stop } of broken) await stop()
  await runs?.stop()
  await rm(directory, { recursive: true })
})

test('a hung socket, a slow hook and a dead bus stop their own targets alone, and the run ends', async () => {
  const [bus] = broken.flatMap(({ placed }) => (placed ? [placed] : []))
  const args = ['renew', '--log', 'human', '--config', host.configFile]
  const { exit, said, tookMs } = await runs.run({ args, placed: bus })
  expect(said).toMatch(/^ok {4}certificate\/ncprd1: \S+ serves serial /m)
  expect(exit).toBe(EXIT_CODES.owed.code)
  expect(owedTargets(host).map((target) => target.split(':')[0])).toEqual(['socket', 'exec', 'systemd'])
  expect(tookMs).toBeLessThan(MOST_MS)
})

/** It serves the certificate before until it is told, and then what lies on disk. */
async function startHealthy(pairs: RenewedPairs, paths: () => ReturnType<Host['paths']>) {
  const { server, port } = await serveForGood(pairs.before)
  const told = createServer((_, answer) => {
    const { leafKey, fullchain } = paths()
    server.setSecureContext({ key: readFileSync(leafKey), cert: readFileSync(fullchain) })
    answer.end()
  })
  await new Promise<void>((resolve) => told.listen(0, '127.0.0.1', resolve))
  const stop = () => {
    told.closeAllConnections()
    told.close()
    server.close()
  }
  const url = `http://127.0.0.1:${(told.address() as AddressInfo).port}/reload`
  return { url, served: `127.0.0.1:${port}`, stop }
}
