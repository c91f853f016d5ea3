/** One run: lock, recover, observe, plan, apply, report. Everything keyroller does by timer goes through here. */
import { readTrustedFile } from '../config/trusted-file.ts'
import { KeyrollerError } from '../core/errors.ts'
import type { HostConfig, MaterialId } from '../core/material.ts'
import { makePlan, type Plan } from '../core/plan.ts'
import type { RunListener, RunResult } from '../core/run-events.ts'
import { ensureOwnDirectory } from '../files/own-file.ts'
import type { Vault } from '../vault/open-vault.ts'
import type { RunContext } from './context.ts'
import type { Host } from './host.ts'
import { takeLock } from './lock.ts'
import { type MemoryStore, openMemory } from './memory-store.ts'
import { observe } from './observe.ts'
import { recover } from './recover.ts'
import { openTrustStore } from './trust-store.ts'

export interface RenewRequest {
  readonly config: HostConfig
  readonly host: Host
  readonly only?: ReadonlySet<MaterialId>
  readonly force: boolean
  readonly lockWaitMs: number
  /** Aborted from outside, by SIGTERM or SIGINT. */
  readonly signal: AbortSignal
  readonly listener: RunListener
}

/** Throws what stops a run before it has a plan (lock, state directory); everything later is an outcome. */
export async function renew(request: RenewRequest): Promise<RunResult> {
  const { config, host, listener } = request
  ensureOwnDirectory(config.runtimeDir, 0o755, host.uid)
  ensureOwnDirectory(config.stateDir, 0o700, host.uid)
  const unlock = await takeLock(config.runtimeDir, request.lockWaitMs)
  try {
    const memory = openMemory(config.stateDir)
    if (memory.rebuilt !== undefined) listener.noted(`memory begun anew: ${memory.rebuilt}`)
    listener.recovered(await recover(config, memory))
    const startedMs = host.clock()
    const observation = observe({ config, host, memory: memory.current(), nowMs: startedMs })
    const plan = makePlan(config, observation, startedMs, { force: request.force, ...only(request) })
    listener.planned(plan)
    if (plan.steps.length + plan.settled.length === 0)
      return { plan, outcomes: [], startedMs, endedMs: host.clock() }
    return await applyPlan(request, memory, plan, observation, startedMs)
  } finally {
    unlock()
  }
}

function only(request: RenewRequest): { only?: ReadonlySet<MaterialId> } {
  return request.only ? { only: request.only } : {}
}

/** Imports everything that acts only now: a run with nothing due must not pay for it. */
async function applyPlan(
  request: RenewRequest,
  memory: MemoryStore,
  plan: Plan,
  observation: RunContext['observation'],
  startedMs: number,
): Promise<RunResult> {
  const { config, host, listener } = request
  const [{ applySteps }, { rememberOutcomes }] = await Promise.all([
    import('./apply.ts'),
    import('./remember-outcomes.ts'),
  ])
  const deadline = runDeadline(config.renewal.runTimeoutMs)
  const signal = AbortSignal.any([request.signal, deadline.signal])
  const vault = lazyVault(config, host, signal)
  const context: RunContext = {
    ...{ config, host, observation, memory, signal, vault: vault.open },
    materials: new Map(config.materials.map((material) => [material.id, material])),
    trust: openTrustStore(host.uid),
    failures: new Map(),
    sessions: new Map(),
    issued: new Map(),
    changed: new Set(),
    told: new Map(),
    server: {},
  }
  try {
    const outcomes = await applySteps(plan.steps, context, listener)
    await revokeSessions(context, listener)
    await tellSkew(context, listener)
    const endedMs = host.clock()
    await rememberOutcomes(context, plan, endedMs)
    const serverVersion = context.server.health?.version
    return { plan, outcomes, startedMs, endedMs, ...(serverVersion ? { serverVersion } : {}) }
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

function lazyVault(config: HostConfig, host: Host, signal: AbortSignal) {
  let opened: Promise<Vault> | undefined
  const openIt = async () => {
    const { openVault } = await import('../vault/open-vault.ts')
    const caPem = readTrustedFile(config.vault.caFile, host.uid)
    const { concurrency } = config.renewal
    return openVault(config.vault, { caPem, concurrency, version: host.version, signal })
  }
  return {
    open: () => (opened ??= openIt()),
    close: () => void opened?.then((vault) => vault.close()).catch(() => undefined),
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
  const { reportSkew } = await import('./server.ts')
  listener.skewed(version, (await reportSkew(config, host, version)).lines)
}
