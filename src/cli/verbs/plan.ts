import type { Decision } from '../../core/deciding/decision.ts'
import type { OwedHold } from '../../core/deciding/owed-wait.ts'
import { formatMoment } from '../../core/duration.ts'
import { FAULTS } from '../../core/errors.ts'
import { type ExitName, worstExit } from '../../core/exit-codes.ts'
import type { HostConfig } from '../../core/host-config.ts'
import type { KeptSet } from '../../core/kept-set.ts'
import type { MaterialId } from '../../core/material.ts'
import type { OwedReload } from '../../core/memory.ts'
import type { Plan } from '../../core/planning/plan.ts'
import { selectMaterials } from '../../core/select.ts'
import type { OwedPart, Step } from '../../core/steps.ts'
import type { MountLook } from '../../run/consumers/mounts.ts'
import { interruptedLines, type LookResult, look } from '../../run/observing/look.ts'
import type { OnlineCheck } from '../../run/online-check.ts'
import { type CommonOptions, type Edge, printJson, printLines } from '../edge.ts'
import { type AddVerb, configFor, NAMES, newVerb } from '../verb.ts'

interface PlanVerbOptions extends CommonOptions {
  readonly now?: boolean
  readonly online?: boolean
}

export const addPlan: AddVerb = (program, edge, finish) => {
  newVerb(program, {
    name: 'plan',
    summary: 'what a run would do and why; changes nothing',
    example: 'keyroller plan --now certificate/web',
    exits: '2 no such name; 3 configuration; with --online, 5 8 9 as a run would end',
  })
    .argument('[name...]', `only these materials: ${NAMES}`)
    .option('--now', 'as if renewal were asked for now')
    .option('--online', 'also ask Vault for its health, and log in as every identity concerned')
    .action(async (names: string[], options: PlanVerbOptions) => {
      const config = configFor(options, edge)
      const only = selectMaterials(names, config.materials)
      const seen = look(config, edge.host, { force: options.now ?? false, ...(only ? { only } : {}) })
      const mounts = await lookAtWork(config, seen.plan, edge)
      const online = options.online ? await askServer(config, only, edge) : []
      if (options.json) printJson(edge.stdout, { ...planJson(seen, online), mounts })
      else
        printLines(edge.stdout, [
          ...interruptedLines(seen),
          ...planLines(seen.plan, online),
          ...mountLines(mounts),
        ])
      finish(worstExit(online.flatMap(({ fault }): ExitName[] => (fault ? [FAULTS[fault].exit] : []))))
    })
}

/** Containers are asked only where the plan has work that they must see. */
async function lookAtWork(config: HostConfig, { steps }: Plan, { host, signal }: Edge): Promise<MountLook> {
  const { lookAtMounts, materialsAtWork } = await import('../../run/consumers/mounts.ts')
  const atWork = materialsAtWork(steps)
  const materials = config.materials.filter(({ id }) => atWork.has(id))
  return lookAtMounts(config, materials, host, signal)
}

/** Everything that talks to Vault is imported only when asked for. */
async function askServer(
  config: HostConfig,
  only: ReadonlySet<MaterialId> | undefined,
  { host, signal }: Edge,
): Promise<OnlineCheck[]> {
  const { checkOnline } = await import('../../run/online-check.ts')
  return checkOnline(config, only, host, signal)
}

export function planJson(
  { plan: { decisions, steps, settled, held }, interrupted }: LookResult,
  online: readonly OnlineCheck[],
) {
  return {
    schema: 1,
    interrupted,
    decisions: decisions.map(decisionJson),
    steps: steps.map(stepJson),
    settled: settled.map(debtJson),
    held: held.map(heldJson),
    online,
  }
}

function decisionJson(decision: Decision) {
  const { dueAtMs, ...rest } = decision
  const dueAt = dueAtMs === undefined ? {} : { dueAt: formatMoment(dueAtMs) }
  if (rest.kind !== 'hold') return { ...rest, ...dueAt }
  const { retryAtMs, ...hold } = rest
  return { ...hold, ...dueAt, ...(retryAtMs === undefined ? {} : { retryAt: formatMoment(retryAtMs) }) }
}

function stepJson(step: Step) {
  if (step.kind === 'prune') return { ...step, sets: step.sets.map(keptJson) }
  if (step.kind !== 'reload') return step
  const owed = step.owed ? { owed: debtJson(step.owed) } : {}
  return { ...step, target: step.target.text, ...owed }
}

function keptJson({ material, certificate, keptAtMs }: KeptSet) {
  const serial = certificate ? { serial: certificate.serial } : {}
  return { material, ...serial, replacedAt: formatMoment(keptAtMs) }
}

function heldJson({ kind: _, retryAtMs, ...hold }: OwedHold) {
  return { ...hold, retryAt: formatMoment(retryAtMs) }
}

function debtJson<T extends OwedPart & Partial<OwedReload>>({ sinceMs, atMs: _, retryAtMs: __, ...debt }: T) {
  return { ...debt, since: formatMoment(sinceMs) }
}

const ACTIONS: Record<Decision['kind'], string> = {
  keep: 'keep',
  renew: 'renew',
  restore: 'restore',
  adopt: 'adopt',
  recover: 'reset',
  repair: 'repair',
  refresh: 'look',
  hold: 'HOLD',
}

export function planLines(
  { decisions, steps, settled, held }: Plan,
  online: readonly OnlineCheck[],
): string[] {
  return [
    ...decisions.map(
      ({ kind, material, reason, message }) =>
        `${ACTIONS[kind].padEnd(6)} ${material}: ${reason}: ${message}`,
    ),
    ...held.map(
      ({ target, reason, message }) => `${ACTIONS.hold.padEnd(6)} ${target}: ${reason}: ${message}`,
    ),
    ...settled.map(({ target }) => `settle ${target}: no longer configured, nobody is left to tell`),
    ...(steps.length > 0 ? ['', 'steps:'] : ['', 'nothing to do']),
    ...steps.map(({ message }, index) => `${String(index + 1).padStart(3)}. ${message}`),
    ...online.map(({ ok, message }) => `${ok ? 'ok    ' : 'FAIL  '} ${message}`),
  ]
}

function mountLines({ traps, unseen }: MountLook): string[] {
  return [
    ...traps.flatMap(({ material, found, fix }) => [`WARN   ${material}: ${found}`, `       fix: ${fix}`]),
    ...(unseen === undefined ? [] : [`the mounts of containers were not looked at: ${unseen}`]),
  ]
}
