/** The acting half of a run: steps, then tokens revoked, skew told, the ledger signed, outcomes remembered, status left. */
import { type FaultCode, KeyrollerError, toFault } from '../core/errors.ts'
import type { HostConfig } from '../core/host-config.ts'
import type { RunListener, RunResult, StepOutcome } from '../core/run-events.ts'
import { exitOfRun } from '../core/run-exit.ts'
import { standingFaults } from '../core/status/standing-faults.ts'
import type { Vault } from '../vault/open-vault.ts'
import { applySteps } from './apply.ts'
import type { RunContext } from './context.ts'
import type { Host } from './host.ts'
import { makeCheckpoint } from './ledger/checkpoint.ts'
import { openRunLedger, type RunLedger } from './ledger/ledger.ts'
import { recordSteps } from './ledger/step-recorder.ts'
import type { LookResult } from './observing/look.ts'
import { openTrustStore } from './observing/trust-store.ts'
import { openHostVault } from './open-host-vault.ts'
import { rememberOutcomes } from './recording/remember-outcomes.ts'
import { lookAfter, saveLook } from './recording/save-status.ts'
import type { RenewRequest, RunRequest, Situation } from './request.ts'
import { reportSkew } from './server.ts'

type ActRequest = RunRequest & Pick<RenewRequest, 'enrolment'>

export interface ActResult extends RunResult {
  /** What stands after it; unset when that could not be told. */
  readonly seen?: LookResult
}

/** Everything that was met is in the result. Throws only faults of keyroller itself. */
export async function act(request: ActRequest, situation: Situation): Promise<ActResult> {
  const { config, host, listener } = request
  const deadline = runDeadline(config.renewal.runTimeoutMs)
  const signal = AbortSignal.any([request.signal, deadline.signal])
  const vault = lazyVault(config, host, signal)
  const context = newContext(request, situation, signal, vault.open)
  const known = context.memory.current().ledger ?? {}
  const ledger = openRunLedger({ stateDir: config.stateDir, host, verb: situation.verb, known })
  try {
    const outcomes = await applySteps(situation.plan.steps, context, listener, recordSteps(ledger, context))
    await revokeSessions(context, listener)
    await tellSkew(context, listener)
    const recorded = await closeLedger(ledger, context)
    const unsaved = await rememberOutcomes(context, situation.plan, host.clock(), recorded?.memory).then(
      () => undefined,
      toFault,
    )
    if (unsaved) listener.noted(`what this run leaves to remember could not be saved: ${unsaved.message}`)
    const faults = [unsaved, recorded?.fault].flatMap((fault) => (fault ? [fault.code] : []))
    const result = resultOf(context, situation, outcomes, faults)
    const seen = await leaveStatus(context, result)
    return { ...result, ...(seen ? { seen } : {}) }
  } finally {
    deadline.clear()
    vault.close()
  }
}

function runDeadline(timeoutMs: number) {
  const controller = new AbortController()
  const late = () =>
    controller.abort(
      new KeyrollerError('run-deadline', `expected the run to end within ${timeoutMs / 1000} s`),
    )
  const timer = setTimeout(late, timeoutMs)
  return { signal: controller.signal, clear: () => clearTimeout(timer) }
}

/** Opened by the first step that says something to Vault: telling an owed consumer needs no CA file. */
function lazyVault(config: HostConfig, host: Host, signal: AbortSignal) {
  let opened: Vault | undefined
  return {
    open: () => (opened ??= openHostVault(config, host, signal)),
    close: () => opened?.close(),
  }
}

function newContext(
  { config, host, listener, enrolment }: ActRequest,
  { observation, memory, restored }: Situation,
  signal: AbortSignal,
  vault: RunContext['vault'],
): RunContext {
  return {
    ...{ config, host, observation, memory, signal, vault },
    materials: new Map(config.materials.map((material) => [material.id, material])),
    trust: openTrustStore(host.uid),
    failures: new Map(),
    sessions: new Map(),
    issued: new Map(restored),
    revoked: new Set(),
    changed: new Set(),
    told: new Map(),
    restarted: new Map(),
    server: {},
    ...(enrolment ? { enrolmentSecret: enrolment.secret } : {}),
    note: (text) => listener.noted(text),
  }
}

/** Tokens end with the run, whatever happened in it. */
async function revokeSessions({ sessions }: RunContext, listener: RunListener): Promise<void> {
  await Promise.all(
    [...sessions].map(async ([id, session]) => {
      const revocation = await session.revoke()
      if (!revocation.revoked)
        listener.noted(`${id}: its token lives on until its own end: ${revocation.message}`)
    }),
  )
}

/** Skew is told when it can have changed: at the first sight of a server, and when its version is another than remembered. */
async function tellSkew({ config, host, server, memory }: RunContext, listener: RunListener): Promise<void> {
  const version = server.health?.version
  if (!version || version === memory.current().server?.version) return
  listener.skewed(version, (await reportSkew(config, host, version)).lines)
}

/** Undefined when nothing was to be written. What is written and not signed is signed along with the next run. */
async function closeLedger(ledger: RunLedger, context: RunContext) {
  if (!ledger.wasUsed()) return undefined
  ledger.add((place) => makeCheckpoint(place, context))
  const closed = await ledger.close()
  if (closed.fault) context.note(`the ledger lacks what this run did: ${closed.fault.message}`)
  return closed
}

async function leaveStatus(context: RunContext, result: RunResult): Promise<LookResult | undefined> {
  try {
    const seen = lookAfter(context, result)
    await saveLook(context.config, seen, result).catch((error: unknown) =>
      context.note(toFault(error).message),
    )
    return seen
  } catch (error) {
    context.note(toFault(error).message)
    return undefined
  }
}

function resultOf(
  context: RunContext,
  { plan, startedMs }: Situation,
  outcomes: readonly StepOutcome[],
  unwritten: readonly FaultCode[],
): RunResult {
  const met = standingFaults(outcomes).map(({ code }) => code)
  const version = context.server.health?.version
  const { ledger, owed } = context.memory.current()
  // A later rung tells also who was to wait.
  const held = plan.held.filter(({ target }) => owed.some((one) => one.target === target))
  return {
    ...{ plan, outcomes, startedMs },
    endedMs: context.host.clock(),
    exit: exitOfRun([...met, ...unwritten], [...plan.decisions, ...held]),
    ...(version ? { serverVersion: version } : {}),
    ...(ledger?.head ? { ledger: ledger.head } : {}),
  }
}
