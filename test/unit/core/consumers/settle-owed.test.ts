import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { oweUnserved, settleTold } from '../../../../src/core/consumers/settle-owed.ts'
import type { MemberResult } from '../../../../src/core/consumers/target.ts'
import { EAGER_TRIES, LONGEST_OWED_WAIT_MS } from '../../../../src/core/deciding/owed-wait.ts'
import type { EpochMs } from '../../../../src/core/epoch-ms.ts'
import { EMPTY_MEMORY, type OwedReload, type RunMemory } from '../../../../src/core/memory.ts'
import { consumerSteps } from '../../../../src/core/planning/consumer-steps.ts'
import { certificate, config, HOUR_MS, NOW_MS, observation } from '../builders.ts'
import { owed, podman } from '../consumer-builders.ts'

const WEB = certificate('web', { reload: [podman('proxy')] })
const TARGET = 'podman:proxy'
const DOWN: MemberResult = {
  ...{ member: 'container:aa', name: 'proxy', outcome: 'failed', fault: 'reload-failed' },
  message: 'expected running, found exited',
}

describe('once a target was told', () => {
  test('nothing is owed when every member answered', () => {
    expect(tell(memoryOf(owed(TARGET, [WEB.id])), []).owed).toEqual([])
  })

  test('those that did not are, for the same materials and since the same moment', () => {
    const debt = owed(TARGET, [WEB.id, 'certificate/gone'], { attempts: 1 })
    const others = [owed('podman:other', [WEB.id])]
    expect(tell(memoryOf(debt, ...others), [DOWN]).owed).toEqual([
      ...others,
      { ...debt, attempts: 2, members: ['container:aa'], message: 'proxy: expected running, found exited' },
    ])
  })

  test('twice in a run is one try', () => {
    const begun = memoryOf(owed(TARGET, [WEB.id], { attempts: 2 }))
    const once = tell(begun, [DOWN])
    expect(tell(once, [DOWN], { before: begun.owed }).owed).toMatchObject([{ attempts: 3 }])
    // Told in between, and down when it was told once more.
    const healed = tell(begun, [])
    const [debt] = tell(healed, [DOWN], { before: begun.owed }).owed
    expect(debt).toMatchObject({ attempts: 3, sinceMs: NOW_MS - HOUR_MS, materials: [WEB.id] })
  })

  test('a run that was stopped has not tried', () => {
    const begun = memoryOf(owed(TARGET, [WEB.id], { attempts: EAGER_TRIES + 2 }))
    const [debt] = tell(begun, [DOWN], { isStopped: true }).owed
    expect(debt).toMatchObject({ attempts: EAGER_TRIES + 2 })
    expect(debt).not.toHaveProperty('retryAtMs')
  })
})

describe('once a client has met another certificate', () => {
  const again = owed(TARGET, [WEB.id], { sinceMs: NOW_MS, attempts: 0, message: 'old serial' })

  test('who was told in vain is owed since the first time, and waits longer every time', () => {
    const begun = owed(TARGET, [WEB.id], { attempts: EAGER_TRIES })
    const told = tell(memoryOf(begun), [])
    expect(oweUnserved(told, [again], [begun], NOW_MS).owed).toEqual([
      { ...begun, attempts: EAGER_TRIES + 1, message: 'old serial', ...until(20) },
    ])
    expect(oweUnserved(told, [again], [], NOW_MS).owed).toEqual([{ ...again, attempts: 1 }])
  })

  test('who waits already is counted once', () => {
    const waiting = owed(TARGET, [WEB.id], { attempts: 4, ...until(20) })
    const [debt] = oweUnserved(memoryOf(waiting), [again], [waiting], NOW_MS).owed
    expect(debt).toEqual({ ...waiting, message: 'old serial' })
  })

  const until = (minutes: number) => ({ atMs: NOW_MS, retryAtMs: NOW_MS + minutes * 60_000 })
})

type Outcome = 'told' | 'down' | 'killed' | 'stopped'
interface Run {
  /** Since the run before; negative where the clock was set back. */
  readonly afterMs: number
  readonly outcome: Outcome
}

const runs: fc.Arbitrary<Run[]> = fc.array(
  fc.record({
    afterMs: fc.oneof(
      { arbitrary: fc.integer({ min: 1000, max: 20 * 60_000 }), weight: 6 },
      { arbitrary: fc.integer({ min: 1, max: 48 * HOUR_MS }), weight: 1 },
      { arbitrary: fc.integer({ min: -48 * HOUR_MS, max: -1 }), weight: 1 },
    ),
    outcome: fc.constantFrom<Outcome>('down', 'down', 'down', 'down', 'killed', 'stopped', 'told'),
  }),
  { minLength: 1, maxLength: 60 },
)

test('property: whatever happens, it is tried again after the longest wait, not too often, and owed until it is told', () => {
  fc.assert(
    fc.property(runs, (history) => {
      let memory = memoryOf(owed(TARGET, [WEB.id], { attempts: 0 }))
      let nowMs = NOW_MS
      let lastMs = Number.NEGATIVE_INFINITY
      let tries = 0
      let forwardMs = 0
      for (const { afterMs, outcome } of history) {
        nowMs += afterMs
        forwardMs += Math.max(afterMs, 0)
        const isTried = isToldAt(memory, nowMs)
        if (nowMs >= lastMs + LONGEST_OWED_WAIT_MS || nowMs < lastMs) expect(isTried).toBe(true)
        if (!isTried) continue
        if (outcome === 'told') {
          expect(tell(memory, [], { nowMs }).owed).toEqual([])
          return
        }
        if (outcome !== 'killed') memory = tell(memory, [DOWN], { nowMs, isStopped: outcome === 'stopped' })
        expect(memory.owed).toMatchObject([{ target: TARGET, materials: [WEB.id] }])
        if (outcome !== 'down') continue
        lastMs = nowMs
        tries += 1
      }
      const free = history.filter(({ afterMs, outcome }) => afterMs < 0 || outcome === 'stopped').length
      expect(tries).toBeLessThanOrEqual(EAGER_TRIES + free + forwardMs / (10 * 60_000))
    }),
    { numRuns: 500 },
  )
})

/** Whether a run at this moment tells it; if not, it must be held, and nothing else. */
function isToldAt(memory: RunMemory, nowMs: EpochMs): boolean {
  const host = config(WEB)
  const plan = consumerSteps(host, observation(host, {}, memory), {
    changed: new Set(),
    waitingAtMs: nowMs,
  })
  expect([plan.steps.length + plan.held.length, plan.settled.length]).toEqual([1, 0])
  return plan.steps.length === 1
}

function memoryOf(...debts: OwedReload[]): RunMemory {
  return { ...EMPTY_MEMORY, owed: debts }
}

interface Telling {
  readonly before?: readonly OwedReload[]
  readonly isStopped?: boolean
  readonly nowMs?: EpochMs
}

function tell(
  memory: RunMemory,
  failed: readonly MemberResult[],
  { before = memory.owed, isStopped = false, nowMs = NOW_MS }: Telling = {},
): RunMemory {
  return settleTold(memory, { target: TARGET, materials: [WEB.id], failed, before, isStopped }, nowMs)
}
