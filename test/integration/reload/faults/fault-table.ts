/**
 * What becomes of every fault of every kind of reload target. One table: `fault-contract.test.ts` holds keyroller to it, and
 * docs/reload-faults.md is made of it. A new kind of target does not compile until its row is here.
 */
import type { TargetKind } from '../../../../src/core/consumers/target.ts'
import { type Cell, type FaultRow, met } from './words.ts'

const NO_ANSWER = 'expected an answer within'
const NO_JOB: Cell = { cannot: 'nothing is queued that somebody could cancel' }
const STALE = met('it takes the reload and goes on as before', 'old-certificate', 'found serial', 'probe')

const container: Omit<FaultRow, 'absent'> = {
  hung: met('the engine accepts the connection and says nothing', 'reload-failed', NO_ANSWER, 'timeout'),
  refuses: met('the engine answers an error', 'reload-failed', 'from the engine on', 'at once'),
  dies: met('its first process ends of the signal', 'reload-failed', 'expected it to keep running', 'settle'),
  stale: STALE,
  loops: met(
    'its first process ends of the signal, and the engine starts it again, each time',
    'reload-failed',
    'expected it to keep running',
    'settle',
  ),
  cut: met(
    'the engine closes in the middle of its answer',
    'reload-failed',
    'expected a whole answer on',
    'at once',
  ),
  cancelled: NO_JOB,
}

const containerByName: FaultRow = {
  absent: met('no container has this name', 'target-missing', 'expected a container named', 'at once'),
  ...container,
}

const containerByLabel: FaultRow = {
  absent: met('no container has this label', 'nobody', 'selects nothing, nobody to tell', 'at once'),
  ...container,
}

const containerByExec: FaultRow = {
  ...containerByName,
  hung: met('the program in it does not end', 'reload-failed', NO_ANSWER, 'timeout'),
  refuses: met('the program ends with another code than 0', 'reload-failed', 'found exit code 1', 'at once'),
  dies: met('it ends while the program runs in it', 'reload-failed', 'found exit code 137', 'at once'),
  loops: met(
    'it ends while the program runs in it, and the engine starts it again, each time',
    'reload-failed',
    'expected',
    'at once',
  ),
}

const systemd: FaultRow = {
  absent: met('systemd knows no such unit', 'reload-failed', 'found no such unit', 'at once'),
  hung: met('the reload job never ends', 'reload-failed', NO_ANSWER, 'timeout'),
  refuses: met('polkit does not allow it', 'reload-failed', 'found access denied', 'at once'),
  dies: met('the unit fails of its reload', 'reload-failed', 'expected it to stay active', 'settle'),
  stale: STALE,
  loops: met(
    'the unit ends of its reload, and systemd starts it again',
    'reload-failed',
    'found it restarted (NRestarts 1)',
    'settle',
  ),
  cut: met('the bus dies during the call', 'reload-failed', 'expected a D-Bus answer on', 'at once'),
  cancelled: met('another job takes the place of the reload', 'reload-failed', 'found canceled', 'at once'),
}

const exec: FaultRow = {
  absent: met('there is no such program', 'target-missing', 'expected a program at', 'at once'),
  hung: met('the program does not end, and is killed', 'reload-failed', NO_ANSWER, 'timeout'),
  refuses: met('it ends with another code than 0', 'reload-failed', 'found exit code 1', 'at once'),
  dies: met('the program itself ends by a signal', 'reload-failed', 'found signal SIGSEGV', 'at once'),
  stale: STALE,
  loops: {
    cannot: 'whom the program tells is known to it alone: it has to wait, and say so by its exit code',
  },
  cut: { cannot: 'there is no connection, only an exit code' },
  cancelled: NO_JOB,
}

const signal: FaultRow = {
  absent: met('there is no pid file', 'target-missing', 'expected a pid file', 'at once'),
  hung: met('the process is stopped: the signal waits until it goes on', 'told', 'still running', 'settle'),
  refuses: met(
    'it has no handler for the signal, which is not sent',
    'reload-failed',
    'to handle',
    'at once',
  ),
  dies: met('it ends of the signal', 'reload-failed', 'to keep running, found', 'settle'),
  stale: STALE,
  loops: met(
    'it ends of the signal, and a supervisor starts another',
    'reload-failed',
    'to keep running, found',
    'settle',
  ),
  cut: { cannot: 'there is no connection: a signal is sent or it is not' },
  cancelled: NO_JOB,
}

/** Who listens again was started after the files were switched. */
const listenerLoops = met(
  'it ends, and another listens before `settle` is over',
  'told',
  'still listening',
  'settle',
)

const socket: FaultRow = {
  absent: met('nobody listens', 'target-missing', 'expected somebody to listen on', 'at once'),
  hung: met('it accepts the line and says nothing', 'reload-failed', NO_ANSWER, 'timeout'),
  refuses: met('it answers something else', 'reload-failed', 'found the answer:', 'at once'),
  dies: met('it answers, and then nobody listens', 'target-missing', 'to listen on', 'settle'),
  stale: STALE,
  loops: listenerLoops,
  cut: met('it closes before it has answered', 'reload-failed', 'found no answer', 'at once'),
  cancelled: NO_JOB,
}

const http: FaultRow = {
  absent: met('nobody listens', 'target-missing', 'expected somebody to listen on', 'at once'),
  hung: met('it takes the request and says nothing', 'reload-failed', NO_ANSWER, 'timeout'),
  refuses: met('it answers another status', 'reload-failed', 'found 503', 'at once'),
  dies: met('it answers, and then nobody listens', 'target-missing', 'to listen on', 'settle'),
  stale: STALE,
  loops: listenerLoops,
  cut: met('it closes in the middle of its answer', 'reload-failed', 'expected a whole answer on', 'at once'),
  cancelled: NO_JOB,
}

/** Kinds of targets, and a way of telling that has faults of its own. */
export type FaultKind = TargetKind | 'podman-exec'

export const FAULT_TABLE: Readonly<Record<FaultKind, FaultRow>> = {
  'podman-name': containerByName,
  'podman-label': containerByLabel,
  'docker-name': containerByName,
  'docker-label': containerByLabel,
  'podman-exec': containerByExec,
  systemd,
  exec,
  signal,
  socket,
  http,
}
