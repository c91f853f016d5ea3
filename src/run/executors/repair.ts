import { KeyrollerError } from '../../core/errors.ts'
import type { Layout, MaterialId } from '../../core/material.ts'
import { setAttributes } from '../../files/set-attributes.ts'
import type { FileImage } from '../../files/stage-file.ts'
import { materialOf, type RunContext } from '../context.ts'
import { bundleImages, imageFrame, renderImages } from '../file-images.ts'
import { readAuthorities, readParts } from '../observing/observe.ts'
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

export async function repairAttributes(context: RunContext, id: MaterialId, path: string): Promise<void> {
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
  const images = imagesOnDisk(context, id, only)
  const { failed } = await installSets(context, [{ material: id, layout, images }])
  const fault = failed.get(id)
  if (fault) throw fault
}

/** From the rest of the set, as it is at this moment. Throws `files-failed` when that has changed since the plan. */
function imagesOnDisk(
  context: RunContext,
  id: MaterialId,
  only: ReadonlySet<string> | undefined,
): FileImage[] {
  const { config, host } = context
  const material = materialOf(context, id)
  switch (material.kind) {
    case 'identity':
    case 'certificate': {
      const parts = readParts(material, host, host.clock())
      if (parts) return renderImages(context, id, parts, only)
      throw changed(id, 'key and certificate')
    }
    case 'bundle': {
      const { authorities } = readAuthorities(material, config, host, host.clock())
      if (authorities.length > 0) return bundleImages(context, id, authorities, only)
      throw changed(id, 'authorities')
    }
    case 'secret':
    case 'keyset':
      throw new Error(`${id} was to be repaired, but only its store knows its bytes`)
  }
}

function changed(id: MaterialId, what: string): KeyrollerError {
  return new KeyrollerError('files-failed', `${id}: expected ${what} to repair from, found them changed`)
}
