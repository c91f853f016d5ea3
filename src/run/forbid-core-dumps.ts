import { readFileSync } from 'node:fs'

/**
 * A process that holds keys leaves no core file, whatever the shell it was started from allows: RLIMIT_CORE (getrlimit(2)) goes to 0,
 * the soft limit alone, so that what a hook starts can raise it again. Node has no setrlimit(2), hence prlimit(1), and only where there
 * is something to change: a unit of keyroller has `LimitCORE=0`. Resolves to whether that is so now; never rejects.
 */
export async function forbidCoreDumps(pid: number): Promise<boolean> {
  if (isForbidden(pid)) return true
  const { runCommand } = await import('../command/run-command.ts')
  const argv = ['/usr/bin/prlimit', '--pid', String(pid), '--core=0:'] as const
  await runCommand({ argv, environment: {}, maxOutputBytes: 1024, signal: AbortSignal.timeout(2000) }).catch(
    () => undefined,
  )
  return isForbidden(pid)
}

/** proc_pid_limits(5). Where that cannot be read, nothing is known. */
function isForbidden(pid: number): boolean {
  try {
    return /^Max core file size +0 /m.test(readFileSync(`/proc/${pid}/limits`, 'utf8'))
  } catch {
    return false
  }
}
