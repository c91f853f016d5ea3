/**
 * A Podman of its own: storage, runtime files, locks, events and API socket all lie below one folder, so that rigs neither
 * see each other's containers (labels select!) nor touch the machine's.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { startBackground } from './background.ts'
import { must } from './command.ts'
import {
  CONTAINERS_CONF,
  type Container,
  importImage,
  type PodmanCommand,
  runContainer,
  runProgram,
} from './container-run.ts'
import { type NginxSite, nginxConf } from './nginx-conf.ts'
import { podmanEnv, removePodman } from './podman-teardown.ts'
import { waitFor } from './wait-for.ts'

export interface Podman {
  readonly socketPath: string
  /** Of the API service. */
  readonly pid: number
  /** What a process needs in its environment for the `podman` command to mean this Podman. */
  readonly env: NodeJS.ProcessEnv
  readonly podman: PodmanCommand
  readonly startNginx: (container: NginxContainer) => Promise<void>
  /** A program of this machine, which finds its libraries where they are here; returns as soon as it has started. */
  readonly startProgram: (container: Container, command: readonly string[]) => Promise<void>
  /** A shell that only counts the HUPs it gets. */
  readonly startPlain: (container: Container) => Promise<void>
  /** HUPs the process in the container saw, by its own account. */
  readonly hupCount: (name: string) => Promise<number>
  /** Signals Podman was asked to send, by its event log; also counts those a process would have merged. */
  readonly killCount: (name: string) => Promise<number>
  /** Removes containers, images and everything else this Podman made, and ends its API service. */
  readonly stop: () => Promise<void>
}

export interface NginxContainer extends Container {
  readonly port: number
  readonly sites: readonly NginxSite[]
}

export interface PodmanOptions {
  /** Kept short: the API socket's path must fit into 107 bytes (unix(7)). */
  readonly dir: string
  /** Default: the API service ends with this process. */
  readonly outlivesUs?: boolean
}

/** Starts an empty Podman with its API service. Needs root and the packages podman, runc and those of the image. */
export async function startPodman(options: PodmanOptions): Promise<Podman> {
  const { dir } = options
  await mkdir(dir, { recursive: true, mode: 0o700 })
  await writeSettings(dir)
  const env = podmanEnv(dir)
  const podman = (...args: string[]) => must(['podman', ...args], { env })
  await importImage(dir, podman)
  const socketPath = join(dir, 'api.sock')
  const service = startBackground(['podman', 'system', 'service', '--time=0', `unix://${socketPath}`], {
    logFile: join(dir, 'service.log'),
    env,
    outlivesUs: options.outlivesUs ?? false,
  })
  await waitFor('the podman API answers', () => ping(socketPath))
  return {
    socketPath,
    pid: service.pid,
    env,
    podman,
    startNginx: (container) => startNginx(dir, podman, container),
    startProgram: (container, command) => startProgram(dir, podman, container, command),
    startPlain: (container) => startPlain(dir, podman, container),
    hupCount: (name) => countHups(join(dir, 'seen', name, 'log')),
    killCount: (name) => countKills(join(dir, 'libpod/events/events.log'), name),
    stop: () => removePodman(dir, service.stop),
  }
}

/** containers.conf(5) and storage.conf(5). */
async function writeSettings(dir: string): Promise<void> {
  const engine = `${CONTAINERS_CONF}lock_type = "file"
tmp_dir = "${dir}/libpod"
[network]
network_config_dir = "${dir}/networks"
`
  const storage = `[storage]
driver = "overlay"
graphroot = "${dir}/storage"
runroot = "${dir}/run"
`
  await writeFile(join(dir, 'containers.conf'), engine)
  await writeFile(join(dir, 'storage.conf'), storage)
}

async function startNginx(dir: string, podman: PodmanCommand, container: NginxContainer): Promise<void> {
  const seen = await makeSeenDir(dir, container.name)
  await writeFile(join(seen, 'nginx.conf'), nginxConf(container.port, container.sites, '/seen/log'))
  await runContainer(podman, container, ['/usr/sbin/nginx', '-c', '/seen/nginx.conf'], atSeen(seen))
  await waitFor(`${container.name} accepts connections`, () => accepts(container.port))
}

async function startProgram(
  dir: string,
  podman: PodmanCommand,
  container: Container,
  command: readonly string[],
): Promise<void> {
  const seen = await makeSeenDir(dir, container.name)
  await runProgram(podman, container, command, atSeen(seen))
}

async function startPlain(dir: string, podman: PodmanCommand, container: Container): Promise<void> {
  const seen = await makeSeenDir(dir, container.name)
  // The `wait` is what a signal interrupts; a plain `sleep` would hold the trap back.
  const script = `trap 'echo "${HUP_SEEN}" >> /seen/log' HUP
echo ready >> /seen/log
while :; do sleep 3600 & wait $!; done`
  await runContainer(podman, container, ['/bin/sh', '-c', script], atSeen(seen))
  await waitFor(`${container.name} is ready`, async () => (await readFile(join(seen, 'log'), 'utf8')) !== '')
}

/** As nginx words it at level notice. */
const HUP_SEEN = 'signal 1 (SIGHUP) received'

async function makeSeenDir(dir: string, name: string): Promise<string> {
  const seen = join(dir, 'seen', name)
  await mkdir(seen, { recursive: true })
  return seen
}

function atSeen(seen: string): string[] {
  return [`${seen}:/seen`]
}

async function countHups(log: string): Promise<number> {
  return (await readFile(log, 'utf8')).split(HUP_SEEN).length - 1
}

async function countKills(eventsLog: string, container: string): Promise<number> {
  const lines = (await readFile(eventsLog, 'utf8')).split('\n').filter((line) => line !== '')
  const events = lines.map((line) => JSON.parse(line))
  return events.filter((event) => event.Status === 'kill' && event.Name === container).length
}

function ping(socketPath: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, path: '/_ping', timeout: 2_000 }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    sent.once('error', reject)
    sent.end()
  })
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', reject)
  })
}
