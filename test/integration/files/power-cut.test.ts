/**
 * The power is cut after every step of an installation that makes something durable or changes a name, on ext4, and after
 * its end: recovery then makes every set whole, no word given before the cut was a lie, and a cut after recovery changes
 * nothing more.
 */
import { readFileSync, rmSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { forEachBounded } from '../../../src/core/concurrency.ts'
import { must } from '../../rig/command.ts'
import { type CutDisks, mountCutDisks, PLACES, type Place } from './cut-disks.ts'
import { readSets } from './host-state.ts'
import { samplePoints } from './sampled.ts'
import { describeScenario, SCENARIOS, type Scenario } from './switched-host.ts'
import { tally } from './tally.ts'
import { type Point, runThrough, runWith, tracePoints, untilMet } from './tampered-child.ts'
import { findViolations, type Installed, makeHost, prepareHost } from './violations.ts'

const AT_ONCE = 3
const CASES = SCENARIOS.flatMap((scenario) =>
  PLACES.map((place) => [`${describeScenario(scenario)}, ${place}`, scenario, place] as const),
)

test('what nobody synced is lost in a cut, and what was synced is there', async () => {
  await withDisks('on one disk', async ({ root, sync, cut }) => {
    await must(['sh', '-c', `echo kept > ${root}/kept`])
    await sync()
    await must(['sh', '-c', `echo lost > ${root}/lost && echo lost > ${root}/kept`])
    await cut()
    expect(readFileSync(`${root}/kept`, 'utf8')).toBe('kept\n')
    expect(() => readFileSync(`${root}/lost`)).toThrow('ENOENT')
  })
})

describe.each(CASES)('%s', (of, scenario, place) => {
  let cuts: readonly Cut[]
  beforeAll(async () => {
    const root = await makeHost(scenario)
    cuts = cutsOf(await tracePoints('install', root, scenario))
    rmSync(root, { recursive: true })
  })

  test('power cut: recovery makes every set whole', { timeout: 1_200_000 }, async () => {
    const { chosen, label } = samplePoints(cuts, 1, process.env)
    const violations: string[] = []
    await forEachBounded(chosen, AT_ONCE, async (cut) => {
      const found = await findAt(cut, (tried) =>
        withDisks(place, (disks) => findAfterCut(disks, scenario, tried)),
      )
      violations.push(...found.map((violation) => `cut after ${cut.after}: ${violation}`))
    })
    tally({ proof: 'cut', of, count: chosen.length, label, violations })
    expect(violations).toEqual([])
  })
})

/** After one call and before the next; without a next, once the installation has said that it is done. */
interface Cut {
  readonly after: string
  readonly before?: Point
}

const DURABLE = /^(?:fsync|fdatasync|rename|link|symlink|mkdir|unlink|rmdir)/

function cutsOf(points: readonly Point[]): Cut[] {
  return points.flatMap((point, index): Cut[] => {
    const next = points[index + 1]
    if (next === undefined) return [{ after: 'the end' }]
    return DURABLE.test(point.syscall) ? [{ after: point.text, before: next }] : []
  })
}

function findAt(cut: Cut, attempt: (cut: Cut) => Promise<string[]>): Promise<string[]> {
  return cut.before ? untilMet(cut.before, (before) => attempt({ ...cut, before })) : attempt(cut)
}

/** strace kills before the call is made, so the disk stands as the call before left it. */
async function findAfterCut(disks: CutDisks, scenario: Scenario, { before }: Cut): Promise<string[]> {
  const { root, sync, cut } = disks
  await prepareHost(root, scenario)
  await sync()
  const installed = await (before === undefined
    ? runThrough<Installed>('install', root, scenario)
    : runWith<Installed>('install', root, scenario, { point: before, action: 'signal=KILL' }))
  await cut()
  const isKilled = installed === 'killed'
  if (installed === undefined) return ['it said nothing']
  if (isKilled !== (before !== undefined)) return [isKilled ? 'it was killed' : 'it was not killed']
  const found = await findViolations(root, scenario, installed)
  const recovered = readSets(root, scenario.files)
  await cut()
  const isKept = isDeepStrictEqual(readSets(root, scenario.files), recovered)
  return [...found, ...(isKept ? [] : ['a second cut took back what recovery had done'])]
}

async function withDisks<T>(place: Place, work: (disks: CutDisks) => Promise<T>): Promise<T> {
  const disks = await mountCutDisks(place)
  try {
    return await work(disks)
  } finally {
    await disks.remove()
  }
}
