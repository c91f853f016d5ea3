/** A Debian that is really booted: systemd as PID 1, journald, D-Bus, timers; the network is this machine's. */
import { mkdir, readFile, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type Background, startBackground } from '../rig/background.ts'
import { type Finished, must, run } from '../rig/command.ts'
import { waitFor } from '../rig/wait-for.ts'
import { baseSystem } from './base-system.ts'

type Argv = readonly [string, ...string[]]

export interface Machine {
  /** Runs a command in it, as root, to its end; `under` is put before it and runs here, such as `['strace', '-f', …]`. */
  readonly run: (argv: Argv, under?: readonly string[]) => Promise<Finished>
  /** The same for a command that must succeed; gives its standard output. */
  readonly must: (argv: Argv) => Promise<string>
  /** Where we find the file the machine calls `inside`. */
  readonly outside: (inside: string) => string
  readonly reboot: () => Promise<void>
  /** Powers it off and removes what it wrote. Does nothing the second time. */
  readonly stop: () => Promise<void>
}

export interface MachineOptions {
  /** Made here and removed by `stop`; what the machine writes goes here. */
  readonly dir: string
  /** Our path, then the path in the machine. */
  readonly binds: readonly (readonly [string, string])[]
}

/** Boots it and returns when everything is up; without failed units, or it throws. Needs root. */
export async function startMachine(options: MachineOptions): Promise<Machine> {
  const { dir } = options
  for (const part of ['upper', 'work', 'root']) await mkdir(join(dir, part), { recursive: true })
  const command = bootCommand(await baseSystem(), options)
  let booted = await boot(command, dir)
  return {
    run: (argv, under) => run(inside(booted.init, argv, under)),
    must: (argv) => must(inside(booted.init, argv)),
    outside: (path) => join('/proc', `${booted.init}`, 'root', path),
    reboot: async () => {
      await run(inside(booted.init, ['systemctl', 'reboot']))
      await waitFor('the machine is down', async () => booted.nspawn.ended())
      booted = await boot(command, dir)
    },
    stop: async () => {
      await halt(booted)
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/**
 * The command that boots it and ends when it is powered off or rebooted. Its namespaces hold every process and every mount,
 * so that both go when the command goes, however that ends.
 */
function bootCommand(base: string, { dir, binds }: MachineOptions): Argv {
  const layers = `lowerdir=${base},upperdir=${join(dir, 'upper')},workdir=${join(dir, 'work')}`
  const root = join(dir, 'root')
  const script = `mkdir -p /run/systemd/nspawn && mount -t tmpfs tmpfs /run/systemd/nspawn &&
mount -t overlay overlay -o "$1" "$2" && shift 2 && exec "$@"`
  return [
    ...(['unshare', '--mount', '--propagation', 'private', '--pid', '--mount-proc', '--kill-child'] as const),
    ...['sh', '-c', script, 'sh', layers, root],
    ...['systemd-nspawn', '--quiet', '--boot', `--directory=${root}`, `--machine=${basename(dir)}`],
    // No systemd-machined here to register with, and no unit of its own to be put into.
    ...['--register=no', '--keep-unit', '--settings=no', '--link-journal=no', '--console=pipe'],
    ...binds.map(([ours, theirs]) => `--bind=${ours}:${theirs}`),
  ]
}

interface Booted {
  readonly nspawn: Background
  /** The PID, here, of the machine's init. */
  readonly init: number
}

async function boot(command: Argv, dir: string): Promise<Booted> {
  const nspawn = startBackground(command, { logFile: join(dir, 'log'), env: { PATH: process.env.PATH } })
  try {
    const init = await waitFor('the machine has an init', () => findInit(nspawn, dir))
    await waitUntilUp(init)
    return { nspawn, init }
  } catch (error) {
    await nspawn.stop()
    throw error
  }
}

/** The command is unshare; below it nspawn, below that the init, once there is one. */
async function findInit(nspawn: Background, dir: string): Promise<number | false> {
  if (nspawn.ended()) throw new Error(`systemd-nspawn ended:\n${await readFile(join(dir, 'log'), 'utf8')}`)
  const child = await firstChild(await firstChild(nspawn.pid))
  // Before it there are other children: `mount`, and helpers of nspawn.
  return (await readFile(`/proc/${child}/comm`, 'utf8')) === 'systemd\n' && child
}

async function firstChild(pid: number): Promise<number> {
  return Number.parseInt(await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8'), 10)
}

/** All at once, as a power cut does it: what the machine wrote is thrown away anyway. */
async function halt({ nspawn, init }: Booted): Promise<void> {
  if (nspawn.ended()) return
  process.kill(init, 'SIGKILL')
  await nspawn.stop()
}

async function waitUntilUp(init: number): Promise<void> {
  const ask = async () =>
    (await run(inside(init, ['systemctl', 'is-system-running', '--wait']))).stdout.trim()
  const settled = async () => {
    const state = await ask()
    return (state === 'running' || state === 'degraded') && state
  }
  const state = await waitFor('the machine is up', settled, 60_000)
  if (state !== 'running') throw new Error(await must(inside(init, ['systemctl', '--failed', '--no-pager'])))
}

function inside(init: number, argv: Argv, under: readonly string[] = []): Argv {
  const enter = [
    'nsenter',
    '--target',
    `${init}`,
    '--mount',
    '--uts',
    '--ipc',
    '--net',
    '--pid',
    '--',
  ] as const
  const [first = 'nsenter', ...rest] = [...under, ...enter, ...argv]
  return [first, ...rest]
}
