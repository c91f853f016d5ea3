import { join } from 'node:path'
import { EMPTY_MEMORY, MEMORY_SCHEMA, type RunMemory } from '../core/memory.ts'
import { readOwnFile, saveOwnFile } from '../files/own-file.ts'

/** What keyroller remembers, on disk. Persist, then believe: `current` changes only after the disk did. */
export interface MemoryStore {
  current(): RunMemory
  /** Durable once resolved; changes asked for at the same time follow each other. Writes nothing when nothing changed. Throws `state-failed`. */
  update(change: (memory: RunMemory) => RunMemory): Promise<void>
  /** Why an earlier memory could not be used and was begun anew; undefined when it could. */
  readonly rebuilt?: string
}

/** Never throws for what the file holds: damaged, truncated or foreign memory is begun anew, and said. */
export function openMemory(stateDir: string): MemoryStore {
  const path = join(stateDir, 'state.json')
  const read = parseMemory(readOwnFile(path))
  let memory = read.memory
  let saved = JSON.stringify(memory)
  let last: Promise<void> = Promise.resolve()
  async function save(next: RunMemory): Promise<void> {
    const text = JSON.stringify(next)
    if (text !== saved) await saveOwnFile({ path, text, mode: 0o600, durable: true })
    memory = next
    saved = text
  }
  return {
    current: () => memory,
    update(change) {
      const mine = last.then(() => save(change(memory)))
      last = mine.catch(() => undefined)
      return mine
    },
    ...(read.rebuilt === undefined ? {} : { rebuilt: `${path}: ${read.rebuilt}` }),
  }
}

function parseMemory(text: string | undefined): { memory: RunMemory; rebuilt?: string } {
  if (text === undefined) return { memory: EMPTY_MEMORY }
  try {
    const value = JSON.parse(text) as Partial<RunMemory> | null
    const isMemory =
      value?.schema === MEMORY_SCHEMA && typeof value.materials === 'object' && Array.isArray(value.owed)
    if (isMemory) return { memory: value as RunMemory }
    return {
      memory: EMPTY_MEMORY,
      rebuilt: `expected schema ${MEMORY_SCHEMA}, found ${String(value?.schema)}`,
    }
  } catch {
    return { memory: EMPTY_MEMORY, rebuilt: 'expected JSON, found something else' }
  }
}
