/** One event of every kind, for the reporters. */
import type { RunListener, RunResult, StepOutcome } from '../../../src/core/run-events.ts'
import type { Step } from '../../../src/core/steps.ts'
import { NOW_MS } from '../core/builders.ts'

const issue: Step = {
  kind: 'issue',
  material: 'certificate/web',
  reason: 'due',
  message: 'issue certificate/web: due',
}
const reload: Step = {
  kind: 'reload',
  target: { kind: 'systemd', unit: 'nginx.service', text: 'systemd:nginx.service', timeoutMs: 1000 },
  materials: ['certificate/web'],
  message: 'tell systemd:nginx.service',
}

export const DONE: StepOutcome = {
  step: issue,
  atMs: NOW_MS,
  tookMs: 40,
  outcome: 'done',
  message: 'certificate/web: serial 0a issued by CA',
}
export const SKIPPED: StepOutcome = {
  step: reload,
  atMs: NOW_MS,
  tookMs: 0,
  outcome: 'skipped',
  message: 'nothing new was installed',
}
export const FAILED: StepOutcome = {
  step: reload,
  atMs: NOW_MS,
  tookMs: 2500,
  outcome: 'failed',
  fault: {
    code: 'reload-failed',
    message: 'systemd:nginx.service: expected active, found failed',
    hint: 'keyroller renew',
  },
}

const plan: RunResult['plan'] = {
  decisions: [
    { kind: 'renew', material: 'certificate/web', reason: 'due', message: 'due since 2026-06-01T11:00:00Z' },
    {
      kind: 'hold',
      material: 'certificate/api',
      reason: 'backing-off',
      fault: 'vault-sealed',
      message: 'next try later',
    },
    {
      kind: 'keep',
      material: 'identity/web',
      reason: 'current',
      message: 'current',
      dueAtMs: NOW_MS + 3_600_000,
    },
  ],
  steps: [issue, reload],
  settled: [{ target: 'podman:gone', materials: ['certificate/web'], sinceMs: NOW_MS, attempts: 1 }],
  held: [
    {
      kind: 'hold',
      reason: 'backing-off',
      fault: 'reload-failed',
      target: 'podman:slow',
      materials: ['certificate/web'],
      retryAtMs: NOW_MS + 600_000,
      message: 'owed, next try later',
    },
  ],
}

export const RESULT: RunResult = {
  plan,
  outcomes: [DONE, SKIPPED, FAILED],
  startedMs: NOW_MS,
  endedMs: NOW_MS + 2600,
  exit: 11,
}

export const IDLE: RunResult = {
  ...RESULT,
  plan: { ...plan, steps: [], settled: [], held: [] },
  outcomes: [],
  exit: 0,
}

/** A run with everything in it. */
export function tellAll(listener: RunListener): void {
  listener.recovered({
    sets: [{ material: 'certificate/web', outcome: 'finished', message: 'all files were staged' }],
  })
  listener.recovered({ sets: [], damaged: 'expected a journal, found something else' })
  listener.planned(plan)
  for (const outcome of RESULT.outcomes) {
    listener.started(outcome.step)
    listener.stepped(outcome)
  }
  listener.skewed('1.20.4', [
    { subject: 'keyroller', version: '0.1.0', verdict: 'untested', message: 'tested with 1.21.1' },
  ])
  listener.noted('a token lives on')
  listener.ended(RESULT)
}
