import type { EpochMs } from '../../core/epoch-ms.ts'
import { toFault } from '../../core/errors.ts'
import type { KeptSet } from '../../core/kept-set.ts'
import type { MaterialId } from '../../core/material.ts'
import { type IssuedMemory, mergeOwed, type RunMemory } from '../../core/memory.ts'
import { nameSome } from '../../core/name-some.ts'
import type { FileSet } from '../../files/switching/layout-work.ts'
import { type SwitchResult, switchSets } from '../../files/switching/switch-sets.ts'
import { owedFor } from '../consumers/owed-reloads.ts'
import { relabel } from '../consumers/relabel.ts'
import { alive, materialOf, type RunContext } from '../context.ts'
import { renderImages } from '../file-images.ts'
import { findBorrowed } from '../find-borrowed.ts'
import { dropKept, keepPrevious } from '../previous/keep-previous.ts'
import type { Executor } from './executor.ts'

/** All sets of the step in one journalled switch. */
export const installExecutor: Executor<'install'> = async (step, context) => {
  const sets = alive(context, step.materials).map((id) => issuedSet(context, id))
  const { switched, failed } = await installSets(context, sets)
  return { message: `installed ${nameSome(switched)}`, failed }
}

/** The set that this run has won for a material, as files. */
export function issuedSet(context: RunContext, id: MaterialId): FileSet {
  const issued = context.issued.get(id)
  if (!issued) throw new Error(`${id} was to be installed but not issued`)
  const { serial, fingerprint, notAfterMs } = issued.certificate
  const memory = { serial, fingerprint, notAfterMs, atMs: context.host.clock(), ...issued.remember }
  const { layout } = materialOf(context, id)
  return { material: id, layout, images: renderImages(context, id, issued.parts), issued: memory }
}

/**
 * Keep, switch, label, remember, settle: nothing is replaced that could not be kept or that another set still needs, the journal
 * goes only when the memory of what is owed is as durable as the files, and consumers are told only when SELinux lets them read.
 */
export async function installSets(
  context: RunContext,
  all: readonly FileSet[],
): Promise<Pick<SwitchResult, 'switched' | 'failed'>> {
  const nowMs = context.host.clock()
  const borrowed = findBorrowed(
    context,
    all.map(({ material }) => material),
  )
  const own = all.filter(({ material }) => !borrowed.has(material))
  const { kept, failed: unkept } = await keepPrevious(context, own)
  const sets = own.filter(({ material }) => !unkept.has(material))
  const result = await switchKept(context, sets, kept, nowMs)
  await relabelSets(
    context,
    sets.filter(({ material }) => result.switched.includes(material)),
  )
  const issued = sets.flatMap(({ material, issued }): [MaterialId, IssuedMemory][] => {
    return issued && result.switched.includes(material) ? [[material, issued]] : []
  })
  const owed = owedFor(context, result.switched, nowMs)
  for (const id of result.switched) context.changed.add(id)
  await context.memory.update((memory) => remember(memory, issued, owed))
  await result.settle()
  return { switched: result.switched, failed: new Map([...borrowed, ...unkept, ...result.failed]) }
}

/** What is not replaced after all need not be kept: a disk that is full must not fill up with every try. */
async function switchKept(
  context: RunContext,
  sets: readonly FileSet[],
  kept: ReadonlyMap<MaterialId, KeptSet>,
  nowMs: EpochMs,
): Promise<SwitchResult> {
  const { stateDir } = context.config
  try {
    const result = await switchSets({ stateDir, sets, owedFor: (ids) => owedFor(context, ids, nowMs) })
    dropKept(
      context,
      [...result.failed.keys()].flatMap((id) => kept.get(id) ?? []),
    )
    return result
  } catch (error) {
    // Before the journal everything is as it was; after it, what is kept may be all that is left of the old files.
    if (toFault(error).code === 'state-failed') dropKept(context, [...kept.values()])
    throw error
  }
}

async function relabelSets({ host, note }: RunContext, sets: readonly FileSet[]): Promise<void> {
  const paths = sets.flatMap(({ images }) => images.map(({ path }) => path))
  const fault = await relabel(paths, host.uid)
  if (fault !== undefined) note(fault)
}

/** The memory after a switch; recovery adds the same from the journal. */
export function remember(
  memory: RunMemory,
  issued: readonly (readonly [MaterialId, IssuedMemory])[],
  owed: RunMemory['owed'],
): RunMemory {
  const materials = { ...memory.materials }
  for (const [id, one] of issued) {
    const { widenedAtMs } = materials[id] ?? {}
    materials[id] = { issued: one, ...(widenedAtMs === undefined ? {} : { widenedAtMs }) }
  }
  return { ...memory, materials, owed: mergeOwed([...memory.owed, ...owed]) }
}
