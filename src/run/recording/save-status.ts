import { join } from 'node:path'
import { installedFacts } from '../../core/deciding/installed-facts.ts'
import { formatMoment } from '../../core/duration.ts'
import type { MaterialFacts } from '../../core/facts.ts'
import type { HostConfig } from '../../core/host-config.ts'
import type { MaterialId } from '../../core/material.ts'
import { makePlan } from '../../core/planning/plan.ts'
import type { RunResult } from '../../core/run-events.ts'
import { continueHistory } from '../../core/status/history.ts'
import { saveOwnFile } from '../../files/own/own-file.ts'
import { readJournal } from '../../files/switching/journal.ts'
import { materialOf, type RunContext } from '../context.ts'
import type { LookResult } from '../observing/look.ts'
import { observeFacts } from '../observing/observe.ts'
import { statuses, statusJson } from '../statuses.ts'
import { readHistory, saveHistory } from './history-file.ts'

/** What a look would find after the run, from what the run has seen. */
export function lookAfter(context: RunContext, { endedMs, outcomes }: RunResult): LookResult {
  const { config, observation } = context
  const touched = new Set(
    outcomes.flatMap(({ step }) =>
      step.kind === 'repair' || step.kind === 'refresh' ? [step.material] : [],
    ),
  )
  const memory = context.memory.current()
  const materials = new Map(
    [...observation.materials].map(([id, facts]) => [id, factsAfter(context, id, facts, touched)]),
  )
  const after = { ...observation, memory, materials }
  return {
    plan: makePlan(config, after, endedMs, { force: false }),
    observation: after,
    memory,
    nowMs: endedMs,
    interrupted: readJournal(config.stateDir) !== undefined,
  }
}

/**
 * Leaves what `keyroller status --json` would say in the runtime directory, for whoever may not read keys. Only after a run
 * that did something: with nothing due the file is as it was. Not durable: the directory is gone after a reboot anyway.
 */
export async function saveLook(
  config: HostConfig,
  seen: LookResult,
  { startedMs, endedMs, exit }: Pick<RunResult, 'startedMs' | 'endedMs' | 'exit'>,
): Promise<void> {
  const lastRun = { exit, startedAt: formatMoment(startedMs), endedAt: formatMoment(endedMs) }
  const all = statuses(config, seen)
  const before = readHistory(config.stateDir)
  const history = continueHistory(before, all, seen.nowMs)
  await saveHistory(config.stateDir, before, history)
  const text = `${JSON.stringify({ ...statusJson(all, seen, history), lastRun }, null, 2)}\n`
  await saveOwnFile({ path: join(config.runtimeDir, 'status.json'), text, mode: 0o644, durable: false })
}

/** A thousand sets just installed are known; what was mended piece by piece is looked at again. */
function factsAfter(
  context: RunContext,
  id: MaterialId,
  before: MaterialFacts,
  touched: ReadonlySet<MaterialId>,
): MaterialFacts {
  const { certificate } = context.issued.get(id) ?? {}
  const memory = context.memory.current().materials[id]
  const isLast = certificate?.fingerprint === memory?.issued?.fingerprint
  // A way back that could not be installed is among what was issued, too.
  if (before.kind === 'pair' && certificate && isLast && context.changed.has(id))
    return installedFacts(before, certificate, materialOf(context, id).layout)
  if (!touched.has(id) && !context.changed.has(id)) return before
  return observeFacts(materialOf(context, id), memory, context.host, context.host.clock())
}
