import { mkdirSync, rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { ExecTarget, ReloadTarget } from '../../../src/core/consumers/target.ts'
import { KeyrollerError } from '../../../src/core/errors.ts'
import { exitOfRun } from '../../../src/core/run-exit.ts'
import type { Step } from '../../../src/core/steps.ts'
import { applySteps } from '../../../src/run/apply.ts'
import type { RunContext } from '../../../src/run/context.ts'
import { observe } from '../../../src/run/observing/observe.ts'
import { contextOf } from '../../integration/files/switched-host.ts'
import { SILENT, UNRECORDED } from './silent-run.ts'
import { smallHost } from './small-host.ts'

const STEPS: readonly Step[] = [
  { kind: 'health', materials: ['certificate/web'], message: 'ask the server' },
  { kind: 'install', materials: ['certificate/web'], message: 'install certificate/web' },
]

// What is left after a signal is skipped, and a run that skipped its work must never look done.
test('steps that a stopped run comes to are skipped with the fault that stopped it', async () => {
  const stop = new KeyrollerError('run-interrupted', 'expected to finish, found SIGTERM')
  const context: Partial<RunContext> = {
    signal: AbortSignal.abort(stop),
    failures: new Map(),
    host: { hostId: '', uid: 0, gid: 0, env: {}, version: '', nodeVersion: '', clock: () => 0 },
  }
  const outcomes = await applySteps(STEPS, context as RunContext, SILENT, UNRECORDED)
  const faults = outcomes.flatMap((one) => (one.outcome === 'done' || !one.fault ? [] : [one.fault.code]))
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(['skipped', 'skipped'])
  expect(faults).toEqual(['run-interrupted', 'run-interrupted'])
  expect(exitOfRun(faults, [])).toBe(13)
})

describe('consumers', () => {
  /** Each leaves its mark, and then waits for that of the other, or looks for it. */
  const meeting = (dir: string, mine: string, other: string) =>
    `touch ${dir}/${mine}; for i in 1 2 3 4 5 6 7 8; do test -e ${dir}/${other} && exit 0; sleep 0.05; done; exit 1`
  const target = (script: string, changes: Partial<ReloadTarget> = {}): ReloadTarget => {
    const argv = ['/bin/sh', '-c', script] as const
    return {
      kind: 'exec',
      argv,
      text: `exec:${JSON.stringify(argv)}`,
      timeoutMs: 5000,
      ...changes,
    } as ExecTarget
  }

  test.each([
    [1, 0, ['failed', 'done']],
    [2, 0, ['done', 'done']],
    [2, 1, ['failed', 'done']],
  ])('at most %i at a time, and %i apart in order: %j', async (maxParallel, order, expected) => {
    const dir = await mkdtemp(join(tmpdir(), 'keyroller-apply-'))
    onTestFinished(() => rm(dir, { recursive: true }))
    const small = smallHost(dir)
    mkdirSync(small.config.stateDir, { mode: 0o700 })
    const config = { ...small.config, renewal: { ...small.config.renewal, maxParallel } }
    const steps = [target(meeting(dir, 'a', 'b')), target(meeting(dir, 'b', 'a'), { order })].map(
      (one): Step => ({
        ...{ kind: 'reload', target: one, materials: ['certificate/app'], message: '' },
        owed: { materials: ['certificate/app'], sinceMs: 0 },
      }),
    )
    const outcomes = await applySteps(steps, contextOf({ ...small, config }), SILENT, UNRECORDED)
    expect(steps.map((step) => outcomes.find((one) => one.step === step)?.outcome)).toEqual(expected)
  })
})

test('a step that fails for several materials tells why of each', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'keyroller-apply-'))
  try {
    const small = smallHost(dir)
    mkdirSync(small.config.stateDir, { mode: 0o700 })
    for (const home of ['agent', 'app']) rmSync(join(dir, home), { recursive: true })
    const context = contextOf(small)
    const observation = observe({ ...small, memory: context.memory.current(), nowMs: 0 })
    const materials = ['identity/app', 'certificate/app'] as const
    const noted: string[] = []
    const [outcome] = await applySteps(
      [{ kind: 'preflight', materials, message: '' }],
      { ...context, observation },
      { ...SILENT, noted: (text) => noted.push(text) },
      UNRECORDED,
    )
    const why = (home: string) => `${join(dir, home)}: expected a directory, found no ${home}`
    expect(outcome).toMatchObject({ outcome: 'failed', fault: { message: why('agent') } })
    expect(noted).toEqual([why('app')])
  } finally {
    await rm(dir, { recursive: true })
  }
})
