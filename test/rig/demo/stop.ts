/** Takes down what `scripts/demo --keep` left running. Usage: node stop.ts DIR PID… */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { removePodman } from '../podman-teardown.ts'

const [dir, ...pids] = process.argv.slice(2)
if (dir === undefined) throw new Error('usage: stop.ts DIR PID…')
await removePodman(join(dir, 'podman'), async () => pids.forEach(end))
// Vault may still be writing its last lines.
await rm(dir, { recursive: true, maxRetries: 10 })

function end(pid: string): void {
  try {
    process.kill(Number(pid), 'SIGTERM')
  } catch {
    // It has ended by itself.
  }
}
