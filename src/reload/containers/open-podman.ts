/** Through which door to podman: the API socket, or the `podman` command when nobody listens there. */
import { KeyrollerError } from '../../core/errors.ts'
import { ABSENT } from '../listener.ts'
import { findSocketRefusal, ownerOfSocket } from '../owned-socket.ts'
import type { PodmanReach } from '../teller.ts'
import { podmanApi } from './podman-api.ts'
import { podmanCli } from './podman-cli.ts'
import type { Podman } from './podman-port.ts'

/** The API when something accepts connections on the socket: its answers, errors too, are final. Else the command. */
export async function openPodman(reach: PodmanReach): Promise<Podman> {
  const { podmanSocket, environment, account, signal } = reach
  const owner = account?.uid ?? ownerOfSocket(podmanSocket)
  const refusal = await findSocketRefusal({ path: podmanSocket, owner }, signal)
  if (refusal === undefined) return podmanApi(podmanSocket, owner)
  const fromSocket = `expected podman to listen on ${podmanSocket}, found ${refusal}`
  if (!ABSENT.has(refusal)) throw new KeyrollerError('reload-failed', fromSocket)
  if (account) return podmanCli({ environment, account, whyNotApi: fromSocket })
  if (isForeignSocket(podmanSocket, process.getuid?.()))
    throw new KeyrollerError(
      'reload-failed',
      `${fromSocket}; the podman command shows another user's containers`,
    )
  return podmanCli({ environment, whyNotApi: fromSocket })
}

/** The command speaks for whoever runs it. With the socket of a user under /run/user/UID that may be somebody else. */
export function isForeignSocket(socketPath: string, uid: number | undefined): boolean {
  const owner = ownerOfSocket(socketPath)
  return owner !== undefined && owner !== uid
}
