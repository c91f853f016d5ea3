import { KeyrollerError } from '../../core/errors.ts'
import type { FileRepair } from '../../core/file-drift.ts'
import type { MaterialId } from '../../core/material.ts'
import { setAttributes } from '../../files/set-attributes.ts'
import { materialOf, type RunContext } from '../context.ts'
import { imageFrame, renderImages } from '../file-images.ts'
import { readParts } from '../observe.ts'
import type { Executor } from './executor.ts'
import { installSets } from './install.ts'

/** Modes and owners in place; files made anew from the rest of the set through the same switch as a new certificate. */
export const repairExecutor: Executor<'repair'> = async ({ material: id, repairs }, context) => {
  for (const { path, how } of repairs) if (how === 'attributes') await repairAttributes(context, id, path)
  const rewritten = repairs.filter(({ how }) => how === 'rewrite')
  if (rewritten.length > 0) await rewrite(context, id, rewritten)
  return { message: `${id}: repaired ${repairs.map(({ path }) => path).join(', ')}` }
}

async function repairAttributes(context: RunContext, id: MaterialId, path: string): Promise<void> {
  const file = context.observation.materials.get(id)?.files.find(({ spec }) => spec.path === path)
  if (file) await setAttributes(imageFrame(file, materialOf(context, id)))
}

async function rewrite(context: RunContext, id: MaterialId, repairs: readonly FileRepair[]): Promise<void> {
  const parts = readParts(materialOf(context, id), context.host, context.host.clock())
  if (!parts)
    throw new KeyrollerError(
      'files-failed',
      `${id}: expected key and certificate to repair from, found them changed`,
    )
  const images = renderImages(context, id, parts, new Set(repairs.map(({ path }) => path)))
  const { failed } = await installSets(context, [{ material: id, images }])
  const fault = failed.get(id)
  if (fault) throw fault
}
