/** What the running containers of this host mount of it, whoever they belong to among those that podman shows. */
import { realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { forEachBounded } from '../../core/concurrency.ts'
import type { Mount, MountingContainer } from '../../core/consumers/mounts.ts'
import type { PodmanReach } from '../teller.ts'
import { openPodman } from './open-podman.ts'
import type { Bind, Container } from './podman-shape.ts'

const AT_ONCE = 8

/** In name order. Rejects with `reload-failed` when podman cannot be asked. Changes nothing. */
export async function findMounting(reach: PodmanReach): Promise<MountingContainer[]> {
  const podman = await openPodman(reach)
  const listed = await podman.listRunning(reach.signal)
  const found: MountingContainer[] = []
  await forEachBounded(
    listed.filter(({ isInfra }) => !isInfra),
    AT_ONCE,
    async ({ id }) => {
      const container = await podman.inspect(id, reach.signal)
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
