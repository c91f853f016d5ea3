/** The engine that a target means: of this host, of an account that runs containers of its own, or behind a socket. */
import type { ReloadTarget } from '../../core/consumers/target.ts'
import { KeyrollerError } from '../../core/errors.ts'
import { accountOf } from '../account-of.ts'
import { findSocketRefusal, ownerOfSocket } from '../owned-socket.ts'
import type { Reach } from '../teller.ts'
import { dockerApi } from './docker-api.ts'
import { openPodman } from './open-podman.ts'
import { podmanApi } from './podman-api.ts'
import type { Podman } from './podman-port.ts'

export type AnyContainer = Extract<
  ReloadTarget,
  { kind: 'podman-name' | 'podman-label' | 'docker-name' | 'docker-label' }
>

/** Rejects with `reload-failed` where nobody listens, or there is no such account. */
export async function openEngine(target: AnyContainer, reach: Reach): Promise<Podman> {
  const isDocker = target.kind === 'docker-name' || target.kind === 'docker-label'
  const account = target.user === undefined ? undefined : await accountOf(target.user, reach.signal)
  const given = target.socketPath
  if (!isDocker && account)
    return openPodman({ ...reach, podmanSocket: given ?? podmanSocketOf(account.uid), account })
  if (!isDocker && given === undefined) return openPodman(reach)
  const path = given ?? (account ? `/run/user/${account.uid}/docker.sock` : reach.dockerSocket)
  return openApi(
    isDocker ? dockerApi : podmanApi,
    { path, owner: account?.uid ?? ownerOfSocket(path) },
    reach,
  )
}

/** Where `systemctl --user enable podman.socket` lets podman listen. */
export function podmanSocketOf(uid: number): string {
  return `/run/user/${uid}/podman/podman.sock`
}

/**
 * One door: a command would ask the same socket (Docker), or the containers of whoever runs it. No daemon is no sign that a
 * container is gone: what is owed stays owed.
 */
async function openApi(
  api: typeof dockerApi,
  socket: { readonly path: string; readonly owner: number | undefined },
  { signal }: Reach,
): Promise<Podman> {
  const refusal = await findSocketRefusal(socket, signal)
  if (refusal === undefined) return api(socket.path, socket.owner)
  throw new KeyrollerError('reload-failed', `expected somebody to listen on ${socket.path}, found ${refusal}`)
}
