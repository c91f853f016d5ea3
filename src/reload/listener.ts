/** Whether anybody accepts connections at an address. */
import { connect, type NetConnectOpts } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { KeyrollerError } from '../core/errors.ts'
import type { Settling } from './settle.ts'

/** No socket file, or nobody behind it (connect(2)). Anything else, such as EACCES, is no sign of absence. */
export const ABSENT: ReadonlySet<string> = new Set(['ENOENT', 'ECONNREFUSED'])

/** The code with which connecting fails; undefined when the connection is accepted. */
export function findRefusal(address: NetConnectOpts, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...address, signal })
    socket.once('connect', () => {
      socket.destroy()
      resolve(undefined)
    })
    socket.once('error', (error: NodeJS.ErrnoException) =>
      signal.aborted ? reject(signal.reason) : resolve(error.code ?? error.name),
    )
  })
}

/** Rejects with `target-missing` when nobody listens, with `reload-failed` when that cannot be told. */
export async function expectListener(
  address: NetConnectOpts,
  where: string,
  signal: AbortSignal,
): Promise<void> {
  const refusal = await findRefusal(address, signal)
  if (refusal !== undefined) throw nobodyAt(where, refusal)
}

/** One look, at the end of the time: who opens its socket anew for a reload may be away for a moment. Rejects as above. */
export async function expectStillListening(
  address: NetConnectOpts,
  where: string,
  { settleMs, signal }: Settling,
): Promise<void> {
  await sleep(settleMs, undefined, { signal })
  await expectListener(address, where, signal)
}

export function nobodyAt(where: string, code: string): KeyrollerError {
  const fault = ABSENT.has(code) ? 'target-missing' : 'reload-failed'
  return new KeyrollerError(fault, `expected somebody to listen on ${where}, found ${code}`)
}
