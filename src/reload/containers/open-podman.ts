/** Through which door to podman: the API socket, or the `podman` command when nobody listens there. */
import { KeyrollerError } from '../../core/errors.ts'
import { ABSENT, findRefusal } from '../listener.ts'
import type { PodmanReach } from '../teller.ts'
import { podmanApi } from './podman-api.ts'
import { podmanCli } from './podman-cli.ts'
import type { Podman } from './podman-port.ts'

/** The API when something accepts connections on the socket: its answers, errors too, are final. Else the command. */
export async function openPodman({ podmanSocket, environment, signal }: PodmanReach): Promise<Podman> {
  const refusal = await findRefusal({ path: podmanSocket }, signal)
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

/** The command speaks for whoever runs it. With the socket of a user under /run/user/UID that may be somebody else. */
export function isForeignSocket(socketPath: string, uid: number | undefined): boolean {
  const owner = /^\/run\/user\/(\d+)\//.exec(socketPath)?.[1]
  return owner !== undefined && Number(owner) !== uid
}
