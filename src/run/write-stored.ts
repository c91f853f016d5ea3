/** What a store gave, rendered in memory and compared there: what has not changed is not written, and nobody is told of it. */
import { findFileDrift, layoutDrift } from '../core/deciding/file-drift.ts'
import { stampOf } from '../core/deciding/stored-files.ts'
import type { Keyset, Secret } from '../core/material.ts'
import type { SecretMemory } from '../core/memory.ts'
import { setAttributes } from '../files/set-attributes.ts'
import type { FileImage } from '../files/stage-file.ts'
import type { RunContext } from './context.ts'
import { installSets } from './executors/install.ts'
import { imageFrame } from './file-images.ts'
import { readFiles } from './observing/observe.ts'
import type { SeenFiles } from './observing/observe-files.ts'

type Stored = Secret | Keyset

export interface WrittenFiles extends Pick<SecretMemory, 'stamps'> {
  /** How many of the images were not there. */
  readonly count: number
}

/** `files` of the material are those of the images. Throws what a switch throws; the files are then as before. */
export async function writeStored(
  material: Stored,
  images: readonly FileImage[],
  context: RunContext,
): Promise<WrittenFiles> {
  const { id, layout } = material
  const seen = seeFiles(material, context)
  const stale = images.filter((image) => !isThere(image, seen) || isAstray(image, material, seen))
  if (stale.length > 0) {
    const { failed } = await installSets(context, [
      // A generation is made anew as a whole.
      { material: id, layout, images: layout === 'generation' ? images : stale },
    ])
    const fault = failed.get(id)
    if (fault) throw fault
  }
  const now = seeFiles(material, context)
  await mendAttributes(material, now)
  return { count: stale.length, stamps: stampsOf(images, now) }
}

/** What is on disk of it at this moment. */
export function seeFiles(material: Stored, { host }: Pick<RunContext, 'host'>): SeenFiles {
  const seen = readFiles([material], host, host.clock()).get(material.id)
  if (!seen) throw new Error(`${material.id} was not looked at`)
  return seen
}

function isThere({ path, content }: FileImage, { readings }: SeenFiles): boolean {
  return readings.some(
    ({ spec, reading }) =>
      spec.path === path && reading.state === 'present' && reading.content.equals(content),
  )
}

function isAstray({ path }: FileImage, { layout }: Stored, { facts }: SeenFiles): boolean {
  return facts.files.some((file) => file.spec.path === path && layoutDrift(file, layout) !== undefined)
}

/** Of files whose bytes may stay. */
async function mendAttributes(material: Stored, { facts }: SeenFiles): Promise<void> {
  const repairs = findFileDrift(facts, material.layout).filter(({ how }) => how === 'attributes')
  const drifted = new Set(repairs.map(({ path }) => path))
  for (const file of facts.files)
    if (drifted.has(file.spec.path)) await setAttributes(imageFrame(file, material))
}

/** Only of files that hold what was rendered: one that was changed since is found by the next run. */
function stampsOf(images: readonly FileImage[], seen: SeenFiles): SecretMemory['stamps'] {
  return Object.fromEntries(
    seen.readings.flatMap(({ spec, reading }): [string, string][] => {
      const image = images.find(({ path }) => path === spec.path)
      if (reading.state !== 'present' || !image?.content.equals(reading.content)) return []
      return [[spec.path, stampOf(reading)]]
    }),
  )
}
