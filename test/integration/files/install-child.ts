/**
 * Installs the new sets on a host prepared by `switchedHost`, and says what came of it. Loads everything first and says
 * `ready` with the numbers of its threads, so that a tracer attached to them then meets the installing alone.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import 'write-file-atomic'
import { toFault } from '../../../src/core/errors.ts'
import { installSets } from '../../../src/run/executors/install.ts'
import { contextOf, setsOf, switchedHost } from './switched-host.ts'

const [root = ''] = process.argv.slice(2)
const context = contextOf(switchedHost(root))
await stat(root)
const pool = readdirSync('/proc/self/task').find((tid) => {
  return readFileSync(`/proc/self/task/${tid}/comm`, 'utf8').trim() === 'libuv-worker'
})
say({ main: process.pid, pool: Number(pool) })

process.stdin.once('data', async () => {
  try {
    const { switched, failed } = await installSets(context, setsOf(root, 'new'))
    say({ switched, failed: [...failed].map(([id, fault]) => [id, toFault(fault)]) })
  } catch (error) {
    say({ thrown: toFault(error) })
  }
  process.exit()
})

function say(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}
