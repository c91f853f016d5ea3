import { join } from 'node:path'
import { EMPTY_MEMORY, MEMORY_SCHEMA, type RunMemory } from '../../core/memory.ts'
import { isRunMemory } from '../../core/memory-shape.ts'
import { readOwnFile, saveOwnFile } from '../../files/own/own-file.ts'

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
  let saved: string | undefined = JSON.stringify(memory)
  let last: Promise<void> = Promise.resolve()
  async function save(next: RunMemory): Promise<void> {
    const text = JSON.stringify(next)
    if (text !== saved) {
      // A save that fails can still have replaced the file: until one succeeds, nothing is known to be on disk.
      saved = undefined
      await saveOwnFile({ path, text, mode: 0o600, durable: true })
    }
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
  const value = parseJson(text)
  if (isRunMemory(value)) return { memory: value }
  return {
    memory: EMPTY_MEMORY,
    rebuilt: `expected a memory of schema ${MEMORY_SCHEMA}, found ${kindOf(value)}`,
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'no JSON'
  const schema = (value as Partial<RunMemory> | null)?.schema
  return schema === MEMORY_SCHEMA ? 'one with damaged parts' : `schema ${JSON.stringify(schema) ?? 'none'}`
}
