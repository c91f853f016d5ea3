/** What the running containers of an engine mount of this host, whoever they belong to among those that it shows. */
import { realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { forEachBounded } from '../../core/concurrency.ts'
import type { Mount, MountingContainer } from '../../core/consumers/mounts.ts'
import type { PodmanReach, Reach } from '../teller.ts'
import { type AnyContainer, openEngine } from './open-engine.ts'
import { openPodman } from './open-podman.ts'
import type { Podman } from './podman-port.ts'
import type { Bind, Container } from './podman-shape.ts'

const AT_ONCE = 8

/** Of the podman of this host, in name order. Rejects with `reload-failed` when it cannot be asked. Changes nothing. */
export async function findMounting(reach: PodmanReach): Promise<MountingContainer[]> {
  return mountingIn(await openPodman(reach), reach.signal)
}

/** The same of the engine that a target means: of an account, of Docker, behind a socket. */
export async function findMountingOf(target: AnyContainer, reach: Reach): Promise<MountingContainer[]> {
  return mountingIn(await openEngine(target, reach), reach.signal)
}

async function mountingIn(podman: Podman, signal: AbortSignal): Promise<MountingContainer[]> {
  const listed = await podman.listRunning(signal)
  const found: MountingContainer[] = []
  await forEachBounded(
    listed.filter(({ isInfra }) => !isInfra),
    AT_ONCE,
    async ({ id }) => {
      const container = await podman.inspect(id, signal)
      if (container?.state === 'running') found.push(mountingOf(container))
    },
  )
  return found.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

function mountingOf({ name, unit, binds }: Container): MountingContainer {
  return { name, ...(unit === '' ? {} : { unit }), mounts: binds.map(mountOf) }
}

function mountOf({ source, destination, readOnly, relabel }: Bind): Mount {
  const options = [...(readOnly ? ['ro'] : []), ...(relabel === '' ? [] : [relabel])].join(',')
  return { sources: [source, ...withoutLinks(source)], destination, options }
}

/** A link below another name of its directory, and what it leads to by now; nothing for what is gone. */
function withoutLinks(source: string): string[] {
  try {
    return [join(realpathSync(dirname(source)), basename(source)), realpathSync(source)]
  } catch {
    return []
  }
}
