/** A container of a rig, whosever Podman runs it: a program on the rig's image and on the network of this machine. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { must } from './command.ts'
import { makeImageRoot } from './nginx-image.ts'

export const RIG_IMAGE = 'keyroller-rig:1'

/** Runs `podman` with these arguments and gives its standard output. */
export type PodmanCommand = (...args: string[]) => Promise<string>

export interface Container {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  /** Host directories, mounted read-only at the same path. */
  readonly mounts?: readonly string[]
}

/** containers.conf(5), its last section `[engine]`; runc and cgroupfs also work where cgroups are in hybrid mode. */
export const CONTAINERS_CONF = `[containers]
default_ulimits = ["nofile=20000:20000", "nproc=1000:1000"]
log_driver = "k8s-file"
[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
events_logger = "file"
`

/** Makes the image and hands it to a Podman; nothing of it stays in `dir`. */
export async function importImage(dir: string, podman: PodmanCommand): Promise<void> {
  const root = join(dir, 'image')
  const archive = join(dir, 'image.tar')
  await makeImageRoot(root)
  await must(['tar', '-C', root, '-cf', archive, '.'])
  await podman('import', '--quiet', archive, RIG_IMAGE)
  await rm(root, { recursive: true })
  await rm(archive)
}

/** Debian's libraries lie in /usr, wherever else they are named. */
const OURS = ['/usr', '/lib', '/lib64']

/** A program of this machine, which finds its libraries where they are here; returns as soon as it has started. */
export async function runProgram(
  podman: PodmanCommand,
  container: Container,
  command: readonly string[],
  volumes: readonly string[] = [],
): Promise<void> {
  const mounts = [...OURS, ...(container.mounts ?? [])]
  await runContainer(podman, { ...container, mounts }, command, volumes)
}

/** `volumes` are written as `--volume` takes them. */
export async function runContainer(
  podman: PodmanCommand,
  { name, labels, mounts = [] }: Container,
  command: readonly string[],
  volumes: readonly string[] = [],
): Promise<void> {
  const labelled = Object.entries(labels).flatMap(([key, value]) => ['--label', `${key}=${value}`])
  const all = [...volumes, ...mounts.map((path) => `${path}:${path}:ro`)]
  const place = ['--network', 'host', ...all.flatMap((volume) => ['--volume', volume])]
  await podman('run', '--detach', '--name', name, ...labelled, ...place, RIG_IMAGE, ...command)
}
