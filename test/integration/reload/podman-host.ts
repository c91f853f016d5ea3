/** A rig's Podman with containers that behave as a test wants. */
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../../rig/command.ts'
import { type Podman, startPodman } from '../../rig/podman.ts'
import { waitFor } from '../../rig/wait-for.ts'

export interface PodmanHost extends Podman {
  /** Runs a shell script, which says `ready` once its traps are set, and gives the container's full id. */
  readonly startScript: (name: string, script: string, ...options: string[]) => Promise<string>
  /** Made but never started. */
  readonly create: (name: string, ...options: string[]) => Promise<string>
  /** Removes every container. */
  readonly clear: () => Promise<void>
}

const IMAGE = 'keyroller-rig:1'
const PLACE = ['--network', 'none']

export async function startPodmanHost(): Promise<PodmanHost> {
  const rig = await startPodman({ dir: await mkdtemp(join(tmpdir(), 'kr-reload-')) })
  const startScript = async (name: string, script: string, ...options: string[]) => {
    const id = await rig.podman(
      'run',
      '-d',
      '--name',
      name,
      ...PLACE,
      ...options,
      IMAGE,
      '/bin/sh',
      '-c',
      script,
    )
    await waitFor(`${name} is ready`, async () => (await rig.podman('logs', name)).includes('ready'))
    return id.trim()
  }
  const create = async (name: string, ...options: string[]) =>
    (await rig.podman('create', '--name', name, ...PLACE, ...options, IMAGE, '/bin/true')).trim()
  // podman 4.3 cannot remove a container that ends at that very moment ("container state improper: stopped").
  const clear = async () => {
    await waitFor('no container is left', async () => {
      const { exit } = await run(['podman', 'rm', '--force', '--all', '--time', '0'], { env: rig.env })
      return exit === 0
    })
  }
  return { ...rig, startScript, create, clear }
}

/** Does `reaction` at a HUP, ends at a TERM, and waits otherwise. */
export function onHup(reaction: string): string {
  return `trap '${reaction}' HUP; trap 'exit 0' TERM; echo ready; while :; do sleep 3600 & wait $!; done`
}
