/** Programs that are run, and processes that a pid file names. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { waitFor } from '../../../rig/wait-for.ts'
import type { Breaker, Breakers } from './broken.ts'

export const execBreakers: Breakers = {
  absent: program('/nonexistent/program'),
  hung: program('/bin/sleep', '60'),
  refuses: program('/bin/sh', '-c', 'echo no such proxy >&2; exit 1'),
  dies: program('/bin/sh', '-c', 'kill -SEGV $$'),
  stale: program('/bin/true'),
}

function program(...exec: [string, ...string[]]): Breaker {
  return async (_, timeout) => ({ reload: { exec, timeout }, stop: async () => {} })
}

/** Writes its pid once its traps are set, and waits. */
const WAIT = 'echo $$ > "$0"; while :; do sleep 60 & wait $!; done'

const ENDS_OF_HUP = `trap 'exit 1' HUP; ${WAIT}`

export const signalBreakers: Breakers = {
  absent: async (directory, timeout) => ({
    reload: { pid_file: join(directory, 'none'), timeout },
    stop: async () => {},
  }),
  hung: daemon(`trap true HUP; ${WAIT}`, (pid) => process.kill(pid, 'SIGSTOP')),
  refuses: daemon(WAIT),
  dies: daemon(ENDS_OF_HUP),
  stale: daemon(`trap true HUP; ${WAIT}`),
  loops: daemon('while :; do sh -c "$1" "$0"; done'),
}

/** timeout(1) ends all of them, whatever becomes of the test. */
const DEADLINE_S = 120

/** The script finds in `$0` where to write its pid, and in `$1` a script that it may start. */
function daemon(script: string, then: (pid: number) => void = () => {}): Breaker {
  return async (directory, timeout) => {
    const pidFile = join(directory, 'web.pid')
    const argv = [`${DEADLINE_S}`, '/bin/sh', '-c', script, pidFile, ENDS_OF_HUP]
    const child = spawn('timeout', argv, { stdio: 'ignore', detached: true })
    const pid = await waitFor('a pid file', async () => Number(await readFile(pidFile, 'utf8')) || undefined)
    then(pid)
    return { reload: { pid_file: pidFile, timeout }, stop: async () => endGroup(child) }
  }
}

/** What it has started, too. */
function endGroup({ pid }: ChildProcess): void {
  if (pid !== undefined) process.kill(-pid, 'SIGKILL')
}
