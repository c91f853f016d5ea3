/** A secret is read, rendered in memory and compared there: what has not changed is not written, and nobody is told of it. */
import { findFileDrift, layoutDrift } from '../core/deciding/file-drift.ts'
import type { Secret } from '../core/material.ts'
import type { SecretMemory } from '../core/memory.ts'
import { shapeOf, stampOf } from '../core/secrets/secret.ts'
import type { FileImage } from '../files/stage-file.ts'
import type { RunContext } from './context.ts'
import type { StepDone } from './executors/executor.ts'
import { installSets } from './executors/install.ts'
import { sessionOf } from './executors/login.ts'
import { repairAttributes } from './executors/repair.ts'
import { secretImages } from './file-images.ts'
import { readFiles } from './observing/observe.ts'
import type { SeenFiles } from './observing/observe-files.ts'

/** Throws `secret-missing`, `secret-unfit`, and what a transport or a switch throws; the files are then as before. */
export async function refreshSecret(secret: Secret, context: RunContext): Promise<StepDone> {
  const { id, layout } = secret
  const { version, fields } = await sessionOf(context, secret.identity).readSecret(secret)
  const atMs = context.host.clock()
  const images = secretImages(context, secret, fields)
  const seen = seenFiles(secret, context)
  const stale = images.filter((image) => !isThere(image, seen) || isAstray(image, secret, seen))
  if (stale.length > 0) {
    const { failed } = await installSets(context, [
      // A generation is made anew as a whole.
      { material: id, layout, images: layout === 'generation' ? images : stale },
    ])
    const fault = failed.get(id)
    if (fault) throw fault
  }
  await mendAttributes(secret, context)
  await remember(secret, context, {
    atMs,
    version,
    shape: shapeOf(secret),
    stamps: stampsOf(images, secret, context),
  })
  const done = stale.length > 0 ? `${stale.length} of ${images.length} files written` : 'as before'
  return { message: `${id}: version ${version}, ${done}` }
}

function seenFiles(secret: Secret, { host }: RunContext): SeenFiles {
  const seen = readFiles([secret], host, host.clock()).get(secret.id)
  if (!seen) throw new Error(`${secret.id} was not looked at`)
  return seen
}

function isThere({ path, content }: FileImage, { readings }: SeenFiles): boolean {
  return readings.some(
    ({ spec, reading }) =>
      spec.path === path && reading.state === 'present' && reading.content.equals(content),
  )
}

function isAstray({ path }: FileImage, { layout }: Secret, { facts }: SeenFiles): boolean {
  return facts.files.some((file) => file.spec.path === path && layoutDrift(file, layout) !== undefined)
}

/** Of files whose bytes may stay. */
async function mendAttributes(secret: Secret, context: RunContext): Promise<void> {
  for (const { path, how } of findFileDrift(seenFiles(secret, context).facts, secret.layout))
    if (how === 'attributes') await repairAttributes(context, secret.id, path)
}

/** Only of files that hold what was rendered: one that was changed since is found by the next run. */
function stampsOf(images: readonly FileImage[], secret: Secret, context: RunContext): SecretMemory['stamps'] {
  const seen = seenFiles(secret, context)
  return Object.fromEntries(
    seen.readings.flatMap(({ spec, reading }): [string, string][] => {
      const image = images.find(({ path }) => path === spec.path)
      if (reading.state !== 'present' || !image?.content.equals(reading.content)) return []
      return [[spec.path, stampOf(reading)]]
    }),
  )
}

/** A reading that went well ends a failure. */
async function remember({ id }: Secret, context: RunContext, secret: SecretMemory): Promise<void> {
  await context.memory.update((memory) => ({
    ...memory,
    materials: { ...memory.materials, [id]: { secret } },
  }))
}
