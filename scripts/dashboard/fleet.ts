/**
 * Three invented hosts, decided for by keyroller's own core: a consumer of one is down, the timer of another stops, the third is
 * denied what it asks. A run leaves its metrics, and every scrape until the next finds those.
 */
import { rememberFailure } from '../../src/core/deciding/backoff.ts'
import { decideAll } from '../../src/core/deciding/decide.ts'
import { fixedPlace } from '../../src/core/deciding/spread.ts'
import type { EpochMs } from '../../src/core/epoch-ms.ts'
import { FAULTS } from '../../src/core/errors.ts'
import { worstExit } from '../../src/core/exit-codes.ts'
import type { MaterialId } from '../../src/core/material.ts'
import type { RunMemory } from '../../src/core/memory.ts'
import type { Family } from '../../src/core/status/exposition.ts'
import { metricsOf } from '../../src/core/status/metrics.ts'
import { type MaterialStatus, statusOf } from '../../src/core/status/rungs.ts'
import { config, HOUR_MS, keysetFacts, observation } from '../../test/unit/core/builders.ts'
import { HOSTS, type Host } from './hosts.ts'
import { goOn } from './keysets.ts'
import { factsOf, type HostState, install, stateBefore, tellConsumers } from './state.ts'

export interface Scrape {
  readonly instance: string
  readonly atMs: EpochMs
  readonly families: readonly Family[]
}

const MINUTE_MS = 60_000
const PLAYED_MS = 26 * HOUR_MS

/** What was scraped in the 26 hours until then. */
export function playFleet(endMs: EpochMs): Scrape[] {
  return HOSTS.flatMap((host) => playHost(host, endMs))
}

/** A run a minute after every quarter of an hour, a scrape every four minutes: Prometheus forgets what is older than five. */
function playHost(host: Host, endMs: EpochMs): Scrape[] {
  const scrapes: Scrape[] = []
  let state = stateBefore(host, endMs)
  let families: readonly Family[] = []
  for (let agoMs = PLAYED_MS; agoMs >= 0; agoMs -= MINUTE_MS) {
    const atMs = endMs - agoMs
    const minute = Math.round(atMs / MINUTE_MS)
    if (minute % 15 === 1 && agoMs > (host.timerStopsHours ?? 0) * HOUR_MS)
      ({ state, families } = runOnce(host, state, atMs, agoMs / HOUR_MS))
    if (minute % 4 === 0) scrapes.push({ instance: host.instance, atMs, families })
  }
  return scrapes
}

function runOnce(host: Host, before: HostState, atMs: EpochMs, agoHours: number) {
  const due = decide(host, before, atMs).filter(({ kind }) => kind === 'renew')
  const denied = agoHours < (host.deniedHours ?? 0)
  const act = denied ? refuse : install
  const acted = due.reduce(
    (state, { material }) => act(host, state, material, atMs),
    withKeys(host, before, atMs),
  )
  const state = tellConsumers(acted, agoHours < (host.consumerDownHours ?? 0), atMs)
  const idleMs = 70 + 30 * fixedPlace(`${host.instance} ${atMs}`, 'identity/agent')
  const endedMs = Math.round(atMs + idleMs + due.length * (denied ? 350 : 1200))
  return { state, families: leave(host, state, atMs, endedMs) }
}

function withKeys({ keyset }: Host, { certificates, memory }: HostState, atMs: EpochMs): HostState {
  return { certificates, memory: keyset ? goOn(keyset.material, memory, atMs) : memory }
}

function decide({ leaves }: Host, state: HostState, atMs: EpochMs) {
  const hostConfig = config(...leaves.map(({ material }) => material))
  const seen = observation(hostConfig, factsOf(state), state.memory)
  return decideAll(hostConfig, seen, atMs, { force: false })
}

function refuse(_: Host, { certificates, memory }: HostState, id: MaterialId, atMs: EpochMs): HostState {
  const known = memory.materials[id]
  const { hint } = FAULTS['vault-denied']
  const fault = { code: 'vault-denied', message: 'expected a certificate, found 403', hint } as const
  const failure = rememberFailure(known?.failure, fault, atMs, certificates[id]?.notAfterMs)
  return {
    certificates,
    memory: { ...memory, materials: { ...memory.materials, [id]: { ...known, failure } } },
  }
}

function leave(host: Host, state: HostState, startedMs: EpochMs, endedMs: EpochMs): Family[] {
  const { memory } = state
  const decisions = decide(host, state, endedMs)
  const statuses = host.leaves.flatMap(({ material }) => {
    const decision = decisions.find((one) => one.material === material.id)
    const facts = factsOf(state)[material.id]
    return decision && facts ? [statusOf({ material, facts, memory, decision, nowMs: endedMs })] : []
  })
  const told = [...statuses, ...keysetStatus(host, memory, endedMs)]
  const failed = statuses.some(({ failure }) => failure) ? (['denied'] as const) : []
  const exit = worstExit([...failed, ...(memory.owed.length > 0 ? (['owed'] as const) : [])])
  const run = { startedMs, endedMs, exit }
  return metricsOf({
    statuses: told,
    memory,
    interrupted: false,
    version: '0.1.0',
    nodeVersion: '26.10.0',
    run,
  })
}

function keysetStatus({ keyset }: Host, memory: RunMemory, nowMs: EpochMs): MaterialStatus[] {
  if (!keyset) return []
  const { material } = keyset
  const { id } = material
  const hostConfig = config(material)
  const seen = observation(hostConfig, { [id]: keysetFacts() }, memory)
  const [decision] = decideAll(hostConfig, seen, nowMs, { force: false })
  return decision ? [statusOf({ material, facts: keysetFacts(), memory, decision, nowMs })] : []
}
