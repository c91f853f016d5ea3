/** The Podman of an account of its own: rootless, with its socket where `systemctl --user enable podman.socket` puts it. */
import { chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { startBackground } from './background.ts'
import { must, run } from './command.ts'
import { CONTAINERS_CONF, importImage, type PodmanCommand, runProgram } from './container-run.ts'
import type { Podman } from './podman.ts'
import { waitFor } from './wait-for.ts'

export interface RootlessPodman {
  readonly user: string
  readonly socketPath: string
  /** Runs `podman` as that account and gives its standard output. */
  readonly podman: PodmanCommand
  readonly startProgram: Podman['startProgram']
  /** Ends the API service, and removes containers, images and the account. */
  readonly stop: () => Promise<void>
}

/** Makes the account. Needs root and the packages podman, runc, uidmap and fuse-overlayfs. */
export async function startRootlessPodman(uid: number): Promise<RootlessPodman> {
  const dir = await mkdtemp(join(tmpdir(), 'kr-rootless-'))
  const [user, home, runtime] = [`kr-${uid}`, join(dir, 'home'), `/run/user/${uid}`]
  await must(['useradd', '--uid', `${uid}`, '--user-group', '--create-home', '--home-dir', home, user])
  await must(['chmod', '711', dir])
  await layOut(home, runtime, uid)
  const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: home, XDG_RUNTIME_DIR: runtime }
  const asUser = ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--init-groups', '--'] as const
  const podman = (...args: string[]) => must([...asUser, 'podman', ...args], { env, cwd: '/' })
  await importImage(dir, podman)
  const socketPath = join(runtime, 'podman/podman.sock')
  const service = startBackground(
    [...asUser, 'podman', 'system', 'service', '--time=0', `unix://${socketPath}`],
    {
      logFile: join(dir, 'log'),
      env,
    },
  )
  await waitFor('the API of the account answers', async () => {
    return (await run(['curl', '-sf', '--unix-socket', socketPath, 'http://d/_ping'])).exit === 0
  })
  const stop = async () => {
    await podman('rm', '--force', '--all', '--time', '0')
    await service.stop()
    // What the account still runs, such as the pause process that holds its namespace.
    await run(['pkill', '-KILL', '--uid', `${uid}`])
    await waitFor('the account is gone', async () => (await run(['userdel', user])).exit === 0)
    await rm(runtime, { recursive: true, force: true })
    await rm(dir, { recursive: true })
  }
  const startProgram: Podman['startProgram'] = (container, command) => runProgram(podman, container, command)
  return { user, socketPath, podman, startProgram, stop }
}

async function layOut(home: string, runtime: string, uid: number): Promise<void> {
  const conf = join(home, '.config/containers/containers.conf')
  await mkdir(dirname(conf), { recursive: true })
  await mkdir(join(runtime, 'podman'), { recursive: true, mode: 0o700 })
  await writeFile(conf, CONTAINERS_CONF)
  await must(['chown', '-R', `${uid}:${uid}`, join(home, '.config'), runtime])
  await chown(home, uid, uid)
}
