/** Whether anybody accepts connections at an address. */
import { connect, type NetConnectOpts } from 'node:net'
import { KeyrollerError } from '../core/errors.ts'

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

export function nobodyAt(where: string, code: string): KeyrollerError {
  const fault = ABSENT.has(code) ? 'target-missing' : 'reload-failed'
  return new KeyrollerError(fault, `expected somebody to listen on ${where}, found ${code}`)
}
