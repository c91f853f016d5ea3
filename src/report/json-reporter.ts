/**
 * The run as JSON lines for journald and log shippers; the only home of pino. The destination is synchronous, since a
 * oneshot must not lose its last lines; it has an error listener, since without one a full disk would throw into the run;
 * and only plain records are logged, since an error object drags tokens and keys along.
 */
import { type Logger, pino } from 'pino'
import type { Decision } from '../core/deciding/decision.ts'
import { formatMoment } from '../core/duration.ts'
import type { RunListener, RunResult, StepOutcome } from '../core/run-events.ts'
import { materialsOf } from '../core/steps.ts'
import { endRecord } from './end-record.ts'

export function openJsonReporter(fd: number): RunListener {
  const log = openLog(fd)
  return {
    recovered({ sets, damaged }) {
      for (const { message, ...facts } of sets) log.warn({ event: 'recovered', ...facts }, message)
      if (damaged !== undefined) log.warn({ event: 'journal-damaged' }, damaged)
    },
    planned({ decisions, settled, held }) {
      for (const decision of decisions) logDecision(log, decision)
      for (const { target, reason, fault, message } of held)
        log.warn({ event: 'waiting', target, reason, fault }, message)
      for (const { target } of settled)
        log.warn({ event: 'settled', target }, 'no longer configured, nobody is left to tell')
    },
    started: () => undefined,
    stepped: (outcome) => logStep(log, outcome),
    skewed(server, lines) {
      for (const { message, ...facts } of lines) log.info({ event: 'skew', server, ...facts }, message)
    },
    noted: (note) => log.warn({ event: 'note' }, note),
    ended: (result) => logEnd(log, result),
  }
}

function openLog(fd: number): Logger {
  const destination = pino.destination({ fd, sync: true, retryEAGAIN: patience() })
  destination.on('error', () => undefined)
  return pino(
    {
      base: null,
      timestamp: () => `,"time":"${formatMoment(Date.now())}"`,
      formatters: { level: (level) => ({ level }) },
    },
    destination,
  )
}

/** How long a run waits for a reader that takes nothing: it matters more than its log, and holds the host lock. */
const PATIENCE_MS = 2000

/** Whether a full pipe is tried again; once given up, no line waits any more. */
function patience(): (error: Error, length: number, leftBytes: number) => boolean {
  let stuck = { leftBytes: -1, sinceMs: 0 }
  let isGivenUp = false
  return (_error, _length, leftBytes) => {
    if (leftBytes !== stuck.leftBytes) stuck = { leftBytes, sinceMs: performance.now() }
    isGivenUp ||= performance.now() - stuck.sinceMs > PATIENCE_MS
    return !isGivenUp
  }
}

function logDecision(log: Logger, decision: Decision): void {
  const { kind, material, reason, message } = decision
  const facts = { event: 'planned', material, action: kind, reason }
  if (kind === 'hold' && decision.fault) log.warn({ ...facts, fault: decision.fault }, message)
  else if (kind !== 'keep') log.info(facts, message)
}

function logStep(log: Logger, outcome: StepOutcome): void {
  const { step, tookMs } = outcome
  const target = step.kind === 'reload' || step.kind === 'restart' ? { target: step.target.text } : {}
  const facts = {
    event: 'step',
    step: step.kind,
    outcome: outcome.outcome,
    materials: materialsOf(step),
    ...target,
    tookMs,
  }
  switch (outcome.outcome) {
    case 'done':
      log.info(facts, outcome.message)
      break
    case 'skipped':
      log.warn(
        { ...facts, ...(outcome.fault ? { fault: outcome.fault.code } : {}) },
        `skipped: ${step.message}: ${outcome.message}`,
      )
      break
    case 'failed': {
      const { code, message, hint } = outcome.fault
      log.error({ ...facts, fault: code, hint }, message)
    }
  }
}

function logEnd(log: Logger, result: RunResult): void {
  const { level, facts, message } = endRecord(result)
  log[level](facts, message)
}
