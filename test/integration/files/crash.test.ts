/**
 * The crash matrix of an installation: two sets, switched, remembered, settled. The points are those that a traced run
 * shows, so that none is forgotten when the code changes.
 */
import { rmSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { forEachBounded } from '../../../src/core/concurrency.ts'
import { samplePoints } from './sampled.ts'
import { describeScenario, SCENARIOS, type Scenario } from './switched-host.ts'
import { type Tally, tally } from './tally.ts'
import { type Point, runWith, tracePoints, untilMet } from './tampered-child.ts'
import { findMute, findUntold, findViolations, type Installed, makeHost } from './violations.ts'

const AT_ONCE = 3
const LONG = { timeout: 1_200_000 }

describe.each(SCENARIOS.map((scenario) => [describeScenario(scenario), scenario] as const))(
  '%s',
  (of, scenario) => {
    let points: readonly Point[]
    beforeAll(async () => {
      points = await withHost(scenario, (root) => tracePoints('install', root, scenario))
    })

    test('the trace holds every phase of an installation', () => {
      const phases = [
        '.staged',
        'journal.json',
        'state.json',
        'fsync(',
        'link',
        'rename',
        'unlink',
        'fchown(',
        'fchmod(',
      ]
      expect(phases.filter((phase) => !points.some(({ text }) => text.includes(phase)))).toEqual([])
      // Each set: a directory synced twice; each file: made, written, owned, given its mode, synced.
      expect(points.length).toBeGreaterThan(2 * (2 + 5 * scenario.files))
    })

    test('killed at a call that changes files: recovery makes every set whole', LONG, async () => {
      const acts = points.map((point) => ({ point, action: 'signal=KILL' }))
      await prove({ proof: 'kill', of }, scenario, sampleActs(acts, 3), async (root, installed) =>
        installed === 'killed' ? findViolations(root, scenario, installed) : ['it was not killed'],
      )
    })

    test('a call that fails: the set is whole at once, and named', LONG, async () => {
      const acts = points.flatMap((point) =>
        (FAULTS[point.syscall] ?? []).map((error) => ({ point, action: `error=${error}` })),
      )
      await prove({ proof: 'fault', of }, scenario, sampleActs(acts, 2), async (root, installed) => [
        ...findUntold(root, installed),
        ...(await findViolations(root, scenario, installed)),
      ])
    })

    test('a write that does less than it says, or nothing: never half a file', LONG, async () => {
      const writes = points.filter(({ syscall }) => syscall.includes('write'))
      const acts = writes.flatMap((point) => LESS.map((count) => ({ point, action: `retval=${count}` })))
      await prove({ proof: 'short', of }, scenario, sampleActs(acts, 1), async (root, installed) => [
        ...findMute(root, installed),
        ...(await findViolations(root, scenario, installed)),
      ])
    })
  },
)

interface Act {
  readonly point: Point
  readonly action: string
}

function sampleActs(acts: readonly Act[], count: number) {
  return samplePoints(acts, count, process.env)
}

/** Does each act to an installation of its own, and asks what does not hold then. */
async function prove(
  what: Pick<Tally, 'proof' | 'of'>,
  scenario: Scenario,
  { chosen, label }: ReturnType<typeof sampleActs>,
  judge: (root: string, installed: Installed) => Promise<string[]>,
): Promise<void> {
  const violations: string[] = []
  await forEachBounded(chosen, AT_ONCE, async (act) => {
    const found = await tamper(scenario, act, judge)
    violations.push(...found.map((violation) => `${act.action} at ${act.point.text}: ${violation}`))
  })
  tally({ ...what, count: chosen.length, label, violations })
  expect(violations).toEqual([])
}

async function tamper(
  scenario: Scenario,
  { point, action }: Act,
  judge: (root: string, installed: Installed) => Promise<string[]>,
): Promise<string[]> {
  return untilMet(point, (tried) =>
    withHost(scenario, async (root) => {
      const installed = await runWith<Installed>('install', root, scenario, { point: tried, action })
      return installed ? judge(root, installed) : ['it said nothing']
    }),
  )
}

async function withHost<T>(scenario: Scenario, work: (root: string) => Promise<T>): Promise<T> {
  const root = await makeHost(scenario)
  try {
    return await work(root)
  } finally {
    rmSync(root, { recursive: true })
  }
}

/** What each call fails with on a full, broken, read-only or protected file system. */
const FAULTS: Readonly<Record<string, readonly string[]>> = {
  openat: ['ENOSPC', 'EDQUOT', 'EROFS'],
  write: ['ENOSPC', 'EDQUOT', 'EIO'],
  pwrite64: ['ENOSPC', 'EIO'],
  fchown: ['EPERM'],
  fchmod: ['EPERM'],
  chmod: ['EIO'],
  fsync: ['EIO'],
  link: ['EPERM', 'ENOSPC'],
  rename: ['EPERM', 'EIO'],
  unlink: ['EIO', 'EROFS'],
  symlink: ['EPERM', 'ENOSPC'],
  mkdir: ['ENOSPC', 'EROFS'],
  rmdir: ['EIO'],
}

/** The call is not made, and is said to have written so many bytes. */
const LESS = [0, 1, 100] as const
