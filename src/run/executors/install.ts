import type { MaterialId } from '../../core/material.ts'
import { type IssuedMemory, mergeOwed, type RunMemory } from '../../core/memory.ts'
import { nameSome } from '../../core/name-some.ts'
import type { FileSet } from '../../files/layout-work.ts'
import { type SwitchResult, switchSets } from '../../files/switch-sets.ts'
import { alive, materialOf, type RunContext } from '../context.ts'
import { renderImages } from '../file-images.ts'
import { owedFor } from '../owed-reloads.ts'
import { relabel } from '../relabel.ts'
import type { Executor } from './executor.ts'

/** All sets of the step in one journalled switch. */
export const installExecutor: Executor<'install'> = async (step, context) => {
  const sets = alive(context, step.materials).map((id) => issuedSet(context, id))
  const { switched, failed } = await installSets(context, sets)
  return { message: `installed ${nameSome(switched)}`, failed }
}

function issuedSet(context: RunContext, id: MaterialId): FileSet {
  const issued = context.issued.get(id)
  if (!issued) throw new Error(`${id} was to be installed but not issued`)
  const { serial, fingerprint, notAfterMs } = issued.certificate
  const { requestShape } = issued
  const memory = { serial, fingerprint, notAfterMs, atMs: context.host.clock(), requestShape }
  const { layout } = materialOf(context, id)
  return { material: id, layout, images: renderImages(context, id, issued.parts), issued: memory }
}

/**
 * Switch, label, remember, settle: the journal goes only when the memory of what is owed is as durable as the files, and
 * consumers are told only when SELinux lets them read.
 */
export async function installSets(context: RunContext, sets: readonly FileSet[]): Promise<SwitchResult> {
  const { stateDir } = context.config
  const nowMs = context.host.clock()
  const result = await switchSets({ stateDir, sets, owedFor: (ids) => owedFor(context, ids, nowMs) })
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
  return result
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
  for (const [id, one] of issued) materials[id] = { issued: one }
  return { ...memory, materials, owed: mergeOwed([...memory.owed, ...owed]) }
}
