/**
 * `signal:PIDFILE`: a signal to the process that a pid file names. Node has no pidfd_open(2), so the number is made safe by
 * what is known of the process around the kill: it is the one that was running when the file was written (its start time),
 * it runs as the owner of the file unless that is root, it takes the signal rather than dying of it, and it is the same
 * one right before, right after and a while after. What is left is a number that changes hands within microseconds.
 */
import { uptime } from 'node:os'
import { type SignalName, type SignalTarget, wayOptions } from '../core/consumers/target.ts'
import { withOptions } from '../core/consumers/target-text.ts'
import { KeyrollerError } from '../core/errors.ts'
import { type PidFile, readPidFile } from './pid-file.ts'
import { type ProcessStatus, readProcess, startedAtMs, takesSignal } from './proc-status.ts'
import { later, settle, settling } from './settle.ts'
import type { Teller } from './teller.ts'

export const signalTeller: Teller<SignalTarget> = {
  members: async (target) => [
    { id: withOptions(`signal:${target.pidFile}`, wayOptions(target)), name: target.text },
  ],
  tell: async (_member, target, { clock, signal }) => {
    const { pidFile, signal: signalName } = target
    const file = await readPidFile(pidFile)
    const before = await findProcess(file, pidFile, clock())
    if (!takesSignal(before, signalName))
      throw refused(`pid ${file.pid} to handle SIG${signalName}, found that it does not: it would end it`)
    signal.throwIfAborted()
    await kill(file.pid, signalName, before)
    const time = settling(target, signal)
    await settle(async () => findChange(file.pid, before), time)
    return `SIG${signalName} sent to pid ${file.pid}, still running ${later(time)}`
  },
  look: async (_member, { pidFile }, { clock }) => {
    const file = await readPidFile(pidFile)
    await findProcess(file, pidFile, clock())
    return { active: true, message: `running as pid ${file.pid}` }
  },
}

/** A clock that is set, and files written in whole seconds, both move a moment a little. */
const SLACK_MS = 5000

async function findProcess(file: PidFile, path: string, nowMs: number): Promise<ProcessStatus> {
  const found = await readProcess(file.pid)
  if (!found) throw refused(`a pid ${file.pid}, as ${path} says, found ${describeAbsence(file.pid)}`)
  const startedMs = startedAtMs(found, nowMs, uptime() * 1000)
  if (startedMs > file.writtenMs + SLACK_MS)
    throw refused(`pid ${file.pid} to be older than ${path}, found another one that has its number now`)
  const stranger = found.uids.find((uid) => uid !== file.ownerUid)
  if (file.ownerUid !== 0 && stranger !== undefined)
    throw refused(`pid ${file.pid} to run as ${file.ownerUid}, the owner of ${path}, found ${stranger}`)
  return found
}

/** kill(2) with 0 asks whether there is one, also where /proc hides it (ProtectProc= of the unit). */
function describeAbsence(pid: number): string {
  try {
    process.kill(pid, 0)
    return 'that /proc hides it'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? 'that /proc hides it' : 'none'
  }
}

async function kill(pid: number, signalName: SignalName, before: ProcessStatus): Promise<void> {
  const fault = await findChange(pid, before)
  if (fault) throw new KeyrollerError('reload-failed', fault)
  try {
    process.kill(pid, `SIG${signalName}`)
  } catch (error) {
    throw refused(`to be allowed to signal pid ${pid}, found ${(error as NodeJS.ErrnoException).code}`)
  }
}

async function findChange(pid: number, before: ProcessStatus): Promise<string | undefined> {
  const now = await readProcess(pid)
  if (now?.startTicks === before.startTicks) return undefined
  return `expected pid ${pid} to keep running, found ${now ? 'another one with its number' : 'it gone'}`
}

function refused(expectedAndFound: string): KeyrollerError {
  return new KeyrollerError('reload-failed', `expected ${expectedAndFound}`)
}
