/**
 * The next rung for what is not served: told again, restarted where the target allows it, rolled back where it is asked for.
 * Pure: what was met and what was tried in, steps out. One rung at a time, so that what helps is not followed by more.
 */

import type { ServeOutcome } from '../consumers/served.ts'
import type { ReloadTarget } from '../consumers/target.ts'
import type { EpochMs } from '../epoch-ms.ts'
import type { Observation } from '../facts.ts'
import type { HostConfig } from '../host-config.ts'
import { isPaired, type MaterialId, type Paired } from '../material.ts'
import type { MaterialMemory, RunMemory } from '../memory.ts'
import { nameSome } from '../name-some.ts'
import type { StepOutcome } from '../run-events.ts'
import type { Step } from '../steps.ts'
import { consumerSteps, serveCheckStep } from './consumer-steps.ts'
import { describeTried, LADDER, type LadderRung } from './ladder.ts'
import { type Restore, restoreDecision, restoreSteps } from './rollback.ts'
import { byOrder } from './tell-waves.ts'

export interface Unserved {
  readonly material: Paired
  readonly outcome: Exclude<ServeOutcome, 'served'>
  readonly fingerprint: string
  readonly tried: readonly LadderRung[]
  /** What can still be tried, in order. */
  readonly open: readonly LadderRung[]
}

/** Every material that a client has looked at in this run, and last without success. */
export function findUnserved(
  { materials }: HostConfig,
  memory: RunMemory,
  outcomes: readonly StepOutcome[],
): Unserved[] {
  const last = new Map(
    outcomes.flatMap(({ step, outcome, ...rest }): [MaterialId, boolean][] => {
      if (step.kind !== 'serve-check' || outcome === 'skipped') return []
      return [[step.material, 'fault' in rest && rest.fault?.code === 'serve-mismatch']]
    }),
  )
  const run = { absent: findAbsent(outcomes), wentBack: findWentBack(outcomes) }
  return materials.filter(isPaired).flatMap((material): Unserved[] => {
    const known = memory.materials[material.id]
    const { outcome = 'served', fingerprint = '' } = known?.served ?? {}
    if (!last.get(material.id) || outcome === 'served') return []
    const tried = triedOf(known, fingerprint)
    const open = LADDER.filter((rung) => !tried.includes(rung) && HELPS[outcome].has(rung)).filter((rung) =>
      isPossible(rung, material, known, run),
    )
    return [{ material, outcome, fingerprint, tried, open }]
  })
}

const ALL: ReadonlySet<LadderRung> = new Set(LADDER)
/** It has loaded the files: telling it more often would change nothing. */
const LOADED: ReadonlySet<LadderRung> = new Set(['roll-back'])

const HELPS: Record<Unserved['outcome'], ReadonlySet<LadderRung>> = {
  'old-certificate': ALL,
  'other-certificate': ALL,
  'chain-incomplete': LOADED,
  unverified: LOADED,
  'probe-failed': ALL,
  'not-tls': ALL,
  reset: ALL,
  'not-up': ALL,
}

function triedOf(known: MaterialMemory | undefined, fingerprint: string): readonly LadderRung[] {
  const { escalation } = known ?? {}
  return escalation?.fingerprint === fingerprint ? escalation.tried : []
}

function isPossible(
  rung: LadderRung,
  { id, reload, onUnserved }: Paired,
  known: MaterialMemory | undefined,
  { absent, wentBack }: { readonly absent: ReadonlySet<string>; readonly wentBack: ReadonlySet<MaterialId> },
): boolean {
  switch (rung) {
    case 'again':
      return reload.some(isReloaded)
    case 'restart':
      return reload.some(isRestartedIfNeeded)
    case 'roll-back': {
      // Once back there is no further way back: the certificate was not the reason.
      if (onUnserved !== 'roll-back' || wentBack.has(id) || known?.issued?.rolledBackFrom !== undefined)
        return false
      // A consumer that is not there has not refused it, and will start with the files it finds.
      return !reload.some(({ text }) => absent.has(text))
    }
  }
}

/** A restart that did not help is not done twice. */
function isReloaded(target: ReloadTarget): boolean {
  return !('restart' in target && target.restart === 'always')
}

function isRestartedIfNeeded(target: ReloadTarget): boolean {
  return 'restart' in target && target.restart === 'if-needed'
}

/** Targets that in this run never were anything but missing; a consumer that died of the reload was there before. */
function findAbsent(outcomes: readonly StepOutcome[]): Set<string> {
  const told = outcomes.flatMap((one): [string, boolean][] => {
    const { step, outcome } = one
    if ((step.kind !== 'reload' && step.kind !== 'restart') || outcome === 'skipped') return []
    return [[step.target.text, 'fault' in one && one.fault?.code === 'target-missing']]
  })
  const there = new Set(told.flatMap(([text, isMissing]) => (isMissing ? [] : [text])))
  return new Set(told.flatMap(([text]) => (there.has(text) ? [] : [text])))
}

/** What was to be installed after a look at it was the way back, whatever came of it. */
function findWentBack(outcomes: readonly StepOutcome[]): Set<MaterialId> {
  const seen = new Set<MaterialId>()
  const back = new Set<MaterialId>()
  for (const { step } of outcomes) {
    if (step.kind === 'serve-check') seen.add(step.material)
    if (step.kind === 'install') for (const id of step.materials) if (seen.has(id)) back.add(id)
  }
  return back
}

/** Those whose turn it is: all that stand on the lowest rung, so that a consumer of several is told or restarted once. */
export function nextRung(
  unserved: readonly Unserved[],
): { readonly rung: LadderRung; readonly climbing: readonly Unserved[] } | undefined {
  const rung = LADDER.find((one) => unserved.some(({ open }) => open[0] === one))
  return rung && { rung, climbing: unserved.filter(({ open }) => open[0] === rung) }
}

/** Tells or restarts every target of those that climb once, then looks again. */
export function tellSteps(
  rung: Exclude<LadderRung, 'roll-back'>,
  climbing: readonly Unserved[],
  nowMs: EpochMs,
): Step[] {
  const byTarget = new Map<string, { readonly target: ReloadTarget; readonly materials: MaterialId[] }>()
  for (const { material } of climbing) {
    for (const target of material.reload) {
      if (!(rung === 'again' ? isReloaded(target) : isRestartedIfNeeded(target))) continue
      const { materials } = byTarget.get(target.text) ?? { materials: [] }
      byTarget.set(target.text, { target, materials: [...materials, material.id] })
    }
  }
  const inOrder = [...byTarget.values()].toSorted((a, b) => byOrder(a.target, b.target))
  const tell = inOrder.map(({ target, materials }): Step => {
    const unserved = `${nameSome(materials)} is not served`
    const owed = { materials, sinceMs: nowMs }
    return rung === 'again'
      ? { kind: 'reload', target, materials, owed, message: `tell ${target.text} again: ${unserved}` }
      : { kind: 'restart', target, materials, message: `restart ${target.text}: ${unserved}` }
  })
  return [...tell, ...climbing.map(({ material }) => serveCheckStep(material))]
}

/** Installs what was kept of all of them in one switch, tells whom it concerns, and looks whether that is served. */
export function rollBackSteps(
  config: HostConfig,
  observation: Observation,
  ways: readonly Restore[],
  nowMs: EpochMs,
): Step[] {
  const materials = ways.map(({ material }) => material)
  const decisions = ways.map((way) => restoreDecision(config, observation, way, nowMs))
  const ids = new Set(materials.map(({ id }) => id))
  return [
    ...restoreSteps(config, observation, materials, decisions),
    ...consumerSteps(config, observation, { changed: ids, only: ids }).steps,
  ]
}

/** Why it is done, as the log says it. */
export function describeRung({ material, outcome, tried }: Unserved, rung: LadderRung): string {
  const after = tried.length > 0 ? `, ${describeTried(tried)}` : ''
  const targets = (of: (target: ReloadTarget) => boolean) =>
    nameSome(material.reload.filter(of).map(({ text }) => text))
  const what: Record<LadderRung, string> = {
    again: `telling ${targets(isReloaded)} again`,
    restart: `restarting ${targets(isRestartedIfNeeded)}`,
    'roll-back': 'going back to what was installed before',
  }
  return `${material.id} is not served (${outcome}${after}): ${what[rung]}`
}

/** What is left when nothing more may be tried. */
export function describeOwed({ material, outcome, tried }: Unserved): string {
  const after = tried.length > 0 ? `, ${describeTried(tried)}` : ''
  const next =
    material.reload.length > 0
      ? `it stays owed to ${nameSome(material.reload.map(({ text }) => text))}`
      : 'the next run looks again'
  return `${material.id} is not served (${outcome}${after}): ${next}`
}
