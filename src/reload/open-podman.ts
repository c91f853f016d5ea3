/** Through which door to podman: the API socket, or the `podman` command when nobody listens there. */
import { connect } from 'node:net'
import { KeyrollerError } from '../core/errors.ts'
import { podmanApi } from './podman-api.ts'
import { podmanCli } from './podman-cli.ts'
import type { Podman } from './podman-port.ts'
import type { Reach } from './teller.ts'

/** The API when something accepts connections on the socket: its answers, errors too, are final. Else the command. */
export async function openPodman({ podmanSocket, environment, signal }: Reach): Promise<Podman> {
  const refusal = await findRefusal(podmanSocket, signal)
  if (refusal === undefined) return podmanApi(podmanSocket)
  const fromSocket = `expected podman to listen on ${podmanSocket}, found ${refusal}`
  if (!ABSENT.has(refusal)) throw new KeyrollerError('reload-failed', fromSocket)
  if (isForeignSocket(podmanSocket, process.getuid?.()))
    throw new KeyrollerError(
      'reload-failed',
      `${fromSocket}; the podman command shows another user's containers`,
    )
  return podmanCli({ environment, whyNotApi: fromSocket })
}

/** No socket file, or nobody behind it (connect(2)). Anything else, such as EACCES, is no reason to try another door. */
const ABSENT: ReadonlySet<string> = new Set(['ENOENT', 'ECONNREFUSED'])

/** The code with which connecting fails; undefined when the connection is accepted. */
export function findRefusal(socketPath: string, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path: socketPath, signal })
    socket.once('connect', () => {
      socket.destroy()
      resolve(undefined)
    })
    socket.once('error', (error: NodeJS.ErrnoException) =>
      signal.aborted ? reject(signal.reason) : resolve(error.code ?? error.name),
    )
  })
}

/** The command speaks for whoever runs it. With the socket of a user under /run/user/UID that may be somebody else. */
export function isForeignSocket(socketPath: string, uid: number | undefined): boolean {
  const owner = /^\/run\/user\/(\d+)\//.exec(socketPath)?.[1]
  return owner !== undefined && Number(owner) !== uid
}
