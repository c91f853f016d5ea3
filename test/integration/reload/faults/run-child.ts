/**
 * Runs keyroller: a command line for each line of its input, a result for each on its output, several at the same time. Started
 * by `runs.ts` in a mount namespace of its own, where /run is empty, so that sockets can be put where they cannot be configured.
 */
import { mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import { runProgram } from '../../../../src/cli/program.ts'
import { describeHost } from '../../../../src/run/host.ts'
import type { RunEnded, RunOrder } from './runs.ts'

/** By place: the last run that has its socket there. */
const taken = new Map<string, Promise<unknown>>()

for await (const line of createInterface({ input: process.stdin })) {
  const order: RunOrder = JSON.parse(line)
  const [place = ''] = order.placed ?? []
  const mine = (taken.get(place) ?? Promise.resolve()).then(() => answer(order))
  if (place !== '') taken.set(place, mine)
}

async function answer({ id, args, placed }: RunOrder): Promise<void> {
  if (placed) putInPlace(...placed)
  const startedAt = performance.now()
  let said = ''
  const output = { write: (text: string) => (said += text) }
  const exit = await runProgram(args, {
    host: describeHost(process, '0.0.0-test'),
    signal: new AbortController().signal,
    stdout: output,
    stderr: output,
  })
  const ended: RunEnded = { id, exit, said, tookMs: performance.now() - startedAt }
  process.stdout.write(`${JSON.stringify(ended)}\n`)
}

function putInPlace(place: string, socketPath: string): void {
  mkdirSync(dirname(place), { recursive: true })
  rmSync(place, { force: true })
  symlinkSync(socketPath, place)
}
