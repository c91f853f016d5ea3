/** Every status that a suite meets is held against the schema that is shipped: neither can drift from the other. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'

const file = join(import.meta.dirname, '../../packaging/status.schema.json')
const schema = z.fromJSONSchema(JSON.parse(readFileSync(file, 'utf8')))

/** What one command printed, and the status.json that stands after it. Throws what is wrong. */
export function checkStatuses(args: readonly string[], stdout: string, runtimeDir: string): void {
  if (args[0] === 'status' && args.includes('--json') && stdout.startsWith('{')) checkStatus(stdout)
  const published = readIfThere(join(runtimeDir, 'status.json'))
  if (published !== undefined) checkStatus(published)
}

export function checkStatus(text: string): void {
  const value = JSON.parse(text)
  if ('error' in value) return
  const { error } = schema.safeParse(value)
  if (error)
    throw new Error(`not a status of packaging/status.schema.json: ${z.prettifyError(error)}\n${text}`)
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
