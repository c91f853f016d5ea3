import { existsSync } from 'node:fs'
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { must } from './command.ts'
import { waitFor } from './wait-for.ts'

/** The environment in which `podman` means the Podman that keeps everything below `dir`. */
export function podmanEnv(dir: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    CONTAINERS_CONF: join(dir, 'containers.conf'),
    CONTAINERS_STORAGE_CONF: join(dir, 'storage.conf'),
  }
}

/**
 * Removes containers, images and the folder itself. `endService` ends the API service; it is called once the containers
 * are gone, or at once where there is no folder.
 */
export async function removePodman(dir: string, endService: () => Promise<void>): Promise<void> {
  if (!existsSync(dir)) return endService()
  const podman = (...args: string[]) => must(['podman', ...args], { env: podmanEnv(dir) })
  await podman('rm', '--force', '--all', '--time', '0')
  await podman('rmi', '--force', '--all')
  await endService()
  for (const [pid, command] of await workIn(dir)) if (command.includes(EXEC)) process.kill(pid, 'SIGKILL')
  await waitFor('podman is done', () => nobodyWorksIn(dir))
  for (const mount of await mountsBelow(dir)) await must(['umount', mount])
  await rm(dir, { recursive: true })
}

/** conmon of a program that the API ran in a container waits for five minutes, until whoever asked has read its end. */
const EXEC = '/exec_pid'

/** conmon cleans up after a container in the background, by `podman --root DIR/storage … container cleanup`. */
async function nobodyWorksIn(dir: string): Promise<boolean> {
  return (await workIn(dir)).length === 0
}

/** Processes by PID, with their command lines, that name something below the folder. */
async function workIn(dir: string): Promise<[number, string][]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const commands = await Promise.all(
    pids.map(
      async (pid): Promise<[number, string]> => [
        Number(pid),
        await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''),
      ],
    ),
  )
  return commands.filter(([, command]) => command.includes(`${dir}/`))
}

/** A podman that was killed leaves its storage mounted on itself. Innermost first; proc(5), mountinfo, field 5. */
async function mountsBelow(dir: string): Promise<string[]> {
  const table = await readFile('/proc/self/mountinfo', 'utf8')
  const points = table.split('\n').map((line) => line.split(' ')[4] ?? '')
  return points.filter((point) => point.startsWith(`${dir}/`)).reverse()
}
