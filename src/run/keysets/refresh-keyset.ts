/** A keyset is looked at, what is due of its life is done, and the files hold the versions that it has then. */
import type { FileSpec } from '../../core/file-spec.ts'
import { concreteFiles } from '../../core/keysets/files.ts'
import type { KeysetRecord } from '../../core/keysets/record.ts'
import { keysetShape } from '../../core/keysets/shape-of.ts'
import type { Keyset } from '../../core/material.ts'
import type { KeysetMemory } from '../../core/memory.ts'
import type { FileImage } from '../../files/stage-file.ts'
import { renderKeysetFile } from '../../x509/keysets/render-keyset.ts'
import type { RunContext } from '../context.ts'
import type { StepDone } from '../executors/executor.ts'
import { imageFrame } from '../file-images.ts'
import { seeFiles, writeStored } from '../write-stored.ts'
import { type Advanced, advanceKeyset } from './advance-keyset.ts'
import { removeStale } from './remove-stale.ts'

/**
 * The store first, then the files: a run that ends in between is made good by the next look. Throws `keyset-unfit`, what a store, a
 * transport or a switch throws, and once all else is done `register-failed`.
 */
export async function refreshKeyset(keyset: Keyset, context: RunContext): Promise<StepDone> {
  const { id } = keyset
  const atMs = context.host.clock()
  const advanced = await advanceKeyset(keyset, context)
  const { record, taken, held } = advanced
  const there = { ...keyset, files: concreteFiles(keyset.files, record.document) }
  const images = imagesOf(there, record, context)
  const { count, stamps } = await writeStored(there, images, context)
  const removed = removeStale(keyset, there.files, record.document)
  if (removed > 0) context.changed.add(id)
  await remember(keyset, advanced, { atMs, stamps }, context)
  if (held) context.note(`${id}: ${held.message}`)
  if (advanced.unregistered) throw advanced.unregistered
  const files =
    count + removed > 0 ? `${count + removed} of ${images.length + removed} files written` : 'files as before'
  return { message: `${id}: ${[...taken, files].join('; ')}` }
}

function imagesOf(keyset: Keyset, record: KeysetRecord, context: RunContext): FileImage[] {
  const { facts, readings } = seeFiles(keyset, context)
  const standing = (spec: FileSpec) => {
    const reading = readings.find((one) => one.spec.path === spec.path)?.reading
    return reading?.state === 'present' ? reading.content : undefined
  }
  return facts.files.map((file) => ({
    ...imageFrame(file, keyset),
    content: renderKeysetFile(file.spec, record, standing(file.spec)),
  }))
}

/** A look that went well ends a failure; what a consumer was seen to know stays. */
async function remember(
  keyset: Keyset,
  { record, held, sweptBelow }: Advanced,
  { atMs, stamps }: Pick<KeysetMemory, 'atMs' | 'stamps'>,
  { memory: store }: RunContext,
): Promise<void> {
  const { id } = keyset
  await store.update((memory) => {
    const { served, keyset: before } = memory.materials[id] ?? {}
    const sinceMs = before?.held?.reason === held?.reason ? (before?.held?.sinceMs ?? atMs) : atMs
    const known: KeysetMemory = {
      ...{ atMs, document: record.document, shape: keysetShape(keyset), stamps },
      ...(held ? { held: { ...held, sinceMs } } : {}),
      ...(sweptBelow === undefined ? {} : { sweptBelow }),
    }
    return {
      ...memory,
      materials: { ...memory.materials, [id]: { keyset: known, ...(served ? { served } : {}) } },
    }
  })
}
