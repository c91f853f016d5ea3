import { KeyrollerError } from '../../core/errors.ts'
import type { Layout, MaterialId } from '../../core/material.ts'
import { setAttributes } from '../../files/set-attributes.ts'
import { materialOf, type RunContext } from '../context.ts'
import { imageFrame, renderImages } from '../file-images.ts'
import { readParts } from '../observe.ts'
import type { Executor } from './executor.ts'
import { installSets } from './install.ts'

/**
 * Modes and owners in place; files made anew from the rest of the set through the same switch as a new certificate. A
 * generation is made anew as a whole, and has no mode or owner to be set then.
 */
export const repairExecutor: Executor<'repair'> = async ({ material: id, repairs }, context) => {
  const { layout } = materialOf(context, id)
  const rewritten = repairs.filter(({ how }) => how !== 'attributes')
  const isWhole = layout === 'generation' && rewritten.length > 0
  for (const { path, how } of isWhole ? [] : repairs)
    if (how === 'attributes') await repairAttributes(context, id, path)
  const only = isWhole ? undefined : new Set(rewritten.map(({ path }) => path))
  if (rewritten.length > 0) await rewrite(context, id, layout, only)
  return { message: `${id}: repaired ${repairs.map(({ path }) => path).join(', ')}` }
}

async function repairAttributes(context: RunContext, id: MaterialId, path: string): Promise<void> {
  const file = context.observation.materials.get(id)?.files.find(({ spec }) => spec.path === path)
  if (file) await setAttributes(imageFrame(file, materialOf(context, id)))
}

/** All files of the material, or only those of the given paths. */
async function rewrite(
  context: RunContext,
  id: MaterialId,
  layout: Layout,
  only: ReadonlySet<string> | undefined,
): Promise<void> {
  const parts = readParts(materialOf(context, id), context.host, context.host.clock())
  if (!parts)
    throw new KeyrollerError(
      'files-failed',
      `${id}: expected key and certificate to repair from, found them changed`,
    )
  const images = renderImages(context, id, parts, only)
  const { failed } = await installSets(context, [{ material: id, layout, images }])
  const fault = failed.get(id)
  if (fault) throw fault
}
