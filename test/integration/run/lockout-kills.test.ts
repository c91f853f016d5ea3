/**
 * A rotation killed at a call that changes files: before the journal, at each rename, while it settles. After recovery, as at
 * boot, what is on disk logs in; links are switched by one rename, so there it does even before.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LAYOUTS, type Layout } from '../../../src/core/material.ts'
import { type ScenarioServer, startServer } from '../../rig/scenario-s2.ts'
import { samplePoints } from '../files/sampled.ts'
import { tally } from '../files/tally.ts'
import { APP } from './lockout-faults.ts'
import { KILLED, type KillPoint, runKilled, traceRun } from './paused-run.ts'
import { type RotatedHost, rotatedHost } from './rotated-host.ts'

const CALLS = ['fsync', 'link', 'symlink', 'rename', 'unlink', 'rmdir'] as const
const ROTATE = ['renew', '--now', `identity/${APP}`]

let server: ScenarioServer
beforeAll(async () => {
  server = await startServer({ storage: 'inmem' })
})
afterAll(() => server?.stop())

test.each(LAYOUTS)('layout %s', { timeout: 1_200_000 }, async (layout) => {
  const rotated = await rotatedHost(server, APP, { layout })
  try {
    await rotated.layPair()
    // The first moves the files into their layout, the next keeps a pair and prunes another, as every one after it.
    for (const _ of ['moves', 'keeps']) await rotated.host.keyroller(ROTATE)
    const { points, ended } = await traceRun(rotated.host, ROTATE, CALLS)
    expect(ended.exit).toBe(0)
    const repeatable = points.filter(({ isFirst }) => isFirst)
    const { chosen, label } = samplePoints(repeatable, 1, process.env)
    const violations: string[] = []
    for (const point of chosen) {
      const found = await killedAt(rotated, layout, point)
      violations.push(...found.map((what) => `killed at ${point.text}: ${what}`))
    }
    const of = `layout ${layout}, killed at a call that changes files`
    tally({ proof: 'lockout', of, label, count: chosen.length, violations })
    expect(violations).toEqual([])
  } finally {
    await rotated.remove()
  }
})

async function killedAt({ host, logsIn }: RotatedHost, layout: Layout, point: KillPoint): Promise<string[]> {
  const wrong: string[] = []
  const { exit } = await runKilled(host, ROTATE, point)
  if (exit !== KILLED) wrong.push(`the run was not killed, it ended with ${exit}`)
  if (layout === 'generation' && !(await logsIn())) wrong.push('what is on disk does not log in')
  const recovered = await host.keyroller(['recover'])
  if (recovered.exit !== 0) wrong.push(`recovery ended with ${recovered.exit}: ${recovered.stderr}`)
  if (!(await logsIn())) wrong.push('what is on disk does not log in after recovery')
  const next = await host.keyroller(ROTATE)
  if (next.exit !== 0) wrong.push(`the next run ended with ${next.exit}: ${next.stdout}`)
  if (!(await logsIn())) wrong.push('what the next run installed does not log in')
  return wrong
}
