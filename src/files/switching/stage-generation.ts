import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { fileFault } from '../file-fault.ts'
import type { DirectoryHolder, HeldDirectory } from '../held-directory.ts'
import { type FileImage, splitPath, stageFile } from '../stage-file.ts'
import { completeGeneration, makeGeneration, removeLeftover } from './generation-directory.ts'
import { leftoverName, middleName, newGeneration } from './generation-names.ts'
import type { GenerationSet } from './journal.ts'
import type { FileSet } from './layout-work.ts'
import { isVisible, readMiddle, standingOf } from './standing.ts'

/** Writes a whole generation, durable and complete, where nothing leads to it. Throws `files-refused`, `files-failed`; leaves nothing behind. */
export async function stageGeneration(
  { material, images, issued }: FileSet,
  holder: DirectoryHolder,
): Promise<GenerationSet> {
  const middle = middleName(material)
  const directory = holder.hold(directoryOf(images))
  const names = images.map(({ path }) => splitPath(path).name)
  const standings = names.map((name) => standingOf(directory, name))
  const previous = readMiddle(directory, middle)
  const generation = newGeneration(middle)
  await stageImages(directory, leftoverName(generation), images)
  const former = standings.flatMap((one) => {
    return one.kind === 'link' && one.middle !== middle ? [one.middle] : []
  })
  return {
    ...{ material, layout: 'generation', directory: directory.path },
    ...{ generation, adopted: newGeneration(middle) },
    ...(previous === undefined ? {} : { previous }),
    replaces: standings.some(isVisible),
    ...(former.length > 0 ? { former: [...new Set(former)] } : {}),
    files: images.map(({ content }, index) => {
      return { name: names[index] ?? '', sha256: createHash('sha256').update(content).digest('hex') }
    }),
    ...(issued ? { issued } : {}),
  }
}

function directoryOf(images: readonly FileImage[]): string {
  const [path, ...others] = new Set(images.map((image) => splitPath(image.path).directory))
  if (path === undefined || others.length > 0) throw new Error('a generation lies in one directory')
  return path
}

async function stageImages(
  directory: HeldDirectory,
  name: string,
  images: readonly FileImage[],
): Promise<void> {
  const held = makeHeld(directory, name)
  try {
    const results = await Promise.allSettled(
      images.map(async (image) => {
        await stageFile(held, image, splitPath(image.path).name).catch((cause: unknown) => {
          throw fileFault(image.path, 'stage it', cause)
        })
      }),
    )
    const fault = results.find((result) => result.status === 'rejected')
    if (fault) throw fault.reason
    await completeGeneration(held)
  } catch (cause) {
    removeLeftover(directory, name)
    throw fileFault(join(directory.path, name), 'make it durable', cause)
  } finally {
    held.close()
  }
}

function makeHeld(directory: HeldDirectory, name: string): HeldDirectory {
  try {
    return makeGeneration(directory, name)
  } catch (cause) {
    throw fileFault(join(directory.path, name), 'make a directory', cause)
  }
}
