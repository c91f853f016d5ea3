/** What stands under a name that keyroller is to write: found by lstat(2) and readlink(2), so nothing is followed. */
import { lstatSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { KeyrollerError } from '../../core/errors.ts'
import type { HeldDirectory } from '../held-directory.ts'
import { holdGeneration } from './generation-directory.ts'
import { isGenerationOf, middleOf } from './generation-names.ts'

export type Standing =
  | { readonly kind: 'none' }
  | { readonly kind: 'file' }
  /** Our link, exactly; `generation` is unset when its middle link is not there. */
  | { readonly kind: 'link'; readonly middle: string; readonly generation?: string }

/** Whether a reader can find a file under the name. */
export function isVisible(standing: Standing): boolean {
  return standing.kind === 'file' || (standing.kind === 'link' && standing.generation !== undefined)
}

/** Throws `files-refused` for everything that is neither a regular file nor a link of ours. */
export function standingOf(directory: HeldDirectory, name: string): Standing {
  const stats = lstatSync(directory.at(name), { throwIfNoEntry: false })
  if (stats === undefined) return { kind: 'none' }
  if (stats.isFile()) return { kind: 'file' }
  const middle = stats.isSymbolicLink() ? middleOf(readlinkSync(directory.at(name)), name) : undefined
  if (middle === undefined) {
    const path = join(directory.path, name)
    throw refusal(`${path}: expected a regular file or none, found ${kindOf(stats)}`)
  }
  const generation = readMiddle(directory, middle)
  return { kind: 'link', middle, ...(generation === undefined ? {} : { generation }) }
}

/** The generation a middle link leads to, undefined without one. Throws `files-refused` for everything that is no link of ours. */
export function readMiddle(directory: HeldDirectory, middle: string): string | undefined {
  const stats = lstatSync(directory.at(middle), { throwIfNoEntry: false })
  if (stats === undefined) return undefined
  const text = stats.isSymbolicLink() ? readlinkSync(directory.at(middle)) : ''
  if (isGenerationOf(middle, text)) return text
  const found = stats.isSymbolicLink() ? 'one that leads elsewhere' : kindOf(stats)
  const path = join(directory.path, middle)
  throw refusal(`${path}: expected a link to a generation of keyroller's own, found ${found}`)
}

/**
 * Does something with the file a name stands for, handed its path in the directory that really holds it. Whoever opens that
 * must not follow links either. Undefined when there is none; throws what the work throws, and `files-refused`.
 */
export function withVisible<T>(
  directory: HeldDirectory,
  name: string,
  work: (path: string, standing: Standing) => T,
): T | undefined {
  const standing = standingOf(directory, name)
  if (standing.kind === 'file') return work(directory.at(name), standing)
  if (standing.kind === 'none' || standing.generation === undefined) return undefined
  const generation = holdIfThere(directory, standing.generation)
  try {
    return generation && work(generation.at(name), standing)
  } finally {
    generation?.close()
  }
}

function holdIfThere(directory: HeldDirectory, generation: string): HeldDirectory | undefined {
  try {
    return holdGeneration(directory, generation)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

interface Kinds {
  isFile(): boolean
  isDirectory(): boolean
  isSymbolicLink(): boolean
  isFIFO(): boolean
  isSocket(): boolean
}

export function kindOf(stats: Kinds): string {
  if (stats.isFile()) return 'a regular file'
  if (stats.isSymbolicLink()) return 'a symbolic link'
  if (stats.isDirectory()) return 'a directory'
  if (stats.isFIFO()) return 'a FIFO'
  return stats.isSocket() ? 'a socket' : 'a device'
}

function refusal(message: string): KeyrollerError {
  return new KeyrollerError('files-refused', message)
}
