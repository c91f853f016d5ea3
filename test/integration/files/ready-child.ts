/**
 * What a child under a tracer does: loads everything first, says the numbers of its threads, so that a tracer attached to
 * them then meets the work alone, works when told to, and says what came of it.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import 'write-file-atomic'
import { toFault } from '../../../src/core/errors.ts'

/** Rejections are told as `thrown`. Ends the process. */
export async function workWhenTold(work: () => Promise<unknown>): Promise<void> {
  await stat('/')
  const pool = readdirSync('/proc/self/task').find((tid) => {
    return readFileSync(`/proc/self/task/${tid}/comm`, 'utf8').trim() === 'libuv-worker'
  })
  say({ main: process.pid, pool: Number(pool) })
  process.stdin.once('data', async () => {
    try {
      say(await work())
    } catch (error) {
      say({ thrown: toFault(error) })
    }
    process.exit()
  })
}

function say(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}
