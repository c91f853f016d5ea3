/** The commit of file sets by itself: staged, journalled, renamed, synced and settled, in one warm process on a disk. */
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileSystemOf } from '../../src/files/file-system.ts'
import { must } from '../../test/rig/command.ts'
import { median } from './measure.ts'

export interface Commit {
  readonly sets: number
  readonly files: number
  readonly rounds: number
  /** fsync(2) calls at a time: the threads of libuv. */
  readonly syncsAtOnce: number
  readonly medianMs: number
}

export interface Commits {
  readonly fileSystem: string
  readonly all: readonly Commit[]
}

/** As `src/main.ts` sets it. */
const THREADS = 16

const CASES = [
  { sets: 1, files: 5, rounds: 101, syncsAtOnce: THREADS },
  { sets: 1000, files: 2, rounds: 5, syncsAtOnce: THREADS },
  { sets: 1000, files: 2, rounds: 5, syncsAtOnce: 1 },
] as const

/** Refuses a folder in memory, where a sync costs nothing and the figures would say nothing. */
export async function measureCommits(dir: string): Promise<Commits> {
  await mkdir(dir, { recursive: true })
  const { name: fileSystem } = fileSystemOf(dir)
  if (fileSystem === 'tmpfs' || fileSystem === 'ramfs')
    throw new Error(`${dir}: expected a disk, found ${fileSystem}; set TMPDIR to a directory on one`)
  const all: Commit[] = []
  for (const one of CASES) all.push({ ...one, medianMs: await measureCommit(join(dir, 'homes'), one) })
  return { fileSystem, all }
}

async function measureCommit(folder: string, { sets, files, rounds, syncsAtOnce }: (typeof CASES)[number]) {
  await mkdir(folder)
  try {
    const child = join(import.meta.dirname, 'commit-child.ts')
    const counts = [sets, files, rounds].map(String)
    const said = await must([process.execPath, child, folder, ...counts], {
      env: { ...process.env, UV_THREADPOOL_SIZE: String(syncsAtOnce) },
      timeoutMs: 600_000,
    })
    return median(JSON.parse(said))
  } finally {
    await rm(folder, { recursive: true })
  }
}
