/** A folder that stands for a VM: homes of its apps, keyroller's state, and its configuration. */
import { chown, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { stringify } from 'smol-toml'
import { type Finished, run } from './command.ts'
import { type ConfigTable, type HostApp, hostConfig } from './host-config.ts'
import { type AppPaths, appPaths } from './host-paths.ts'
import type { Pki } from './pki.ts'
import { checkStatuses } from './status-schema.ts'
import type { VaultEndpoint } from './vault-admin.ts'

export interface Host {
  readonly dir: string
  readonly homes: string
  readonly stateDir: string
  readonly runtimeDir: string
  readonly configFile: string
  readonly trustFile: string
  readonly apps: readonly HostApp[]
  /** What every run of keyroller has in its environment beside PATH, HOME and LANG. */
  readonly env: NodeJS.ProcessEnv
  readonly paths: (app: string) => AppPaths
  /** Runs keyroller with this host's configuration. */
  readonly keyroller: (args: readonly string[], options?: KeyrollerOptions) => Promise<Finished>
  /** Writes the configuration anew, changed. */
  readonly configure: (change: (config: Record<string, ConfigTable>) => void) => Promise<void>
}

export interface HostOptions {
  readonly dir: string
  readonly vault: VaultEndpoint
  readonly pki: Pki
  readonly apps: readonly HostApp[]
  readonly podmanSocket?: string
  readonly env?: NodeJS.ProcessEnv
}

export interface KeyrollerOptions {
  readonly env?: NodeJS.ProcessEnv
  /** Put before the command: `['strace', '-f', …]`, `['faketime', '+25d']`. */
  readonly under?: readonly string[]
  readonly timeoutMs?: number
}

/** Lays out the folder and writes the configuration; no key or certificate of an app is there yet. */
export async function createHost(options: HostOptions): Promise<Host> {
  const host = describeHost(options)
  for (const app of options.apps) await makeHome(host.paths(app.name), app.uid)
  await mkdir(host.stateDir, { recursive: true, mode: 0o700 })
  await mkdir(host.runtimeDir, { recursive: true, mode: 0o755 })
  await writeFile(host.trustFile, options.pki.rootPem, { mode: 0o644 })
  await host.configure(() => {})
  return host
}

function describeHost(options: HostOptions): Host {
  const { dir, env = {} } = options
  const homes = join(dir, 'home')
  const places = {
    stateDir: join(dir, 'var/lib/keyroller'),
    runtimeDir: join(dir, 'run/keyroller'),
    trustFile: join(dir, 'pki-root.pem'),
  }
  const configFile = join(dir, 'keyroller.toml')
  const paths = (app: string) => appPaths(homes, app)
  return {
    ...{ dir, homes, configFile, paths, ...places },
    apps: options.apps,
    env,
    keyroller: async (args, run = {}) => {
      const finished = await runKeyroller([...args, '--config', configFile], {
        ...run,
        env: { ...env, ...run.env },
      })
      checkStatuses(args, finished.stdout, places.runtimeDir)
      return finished
    },
    configure: async (change) => {
      const config = hostConfig({ ...options, ...places, pathsOf: paths })
      change(config)
      await writeFile(configFile, stringify(config), { mode: 0o644 })
    },
  }
}

/** Runs `src/main.ts`, or the program KEYROLLER_BIN names, in an environment that holds nothing of the caller's Vault. */
export function runKeyroller(args: readonly string[], options: KeyrollerOptions = {}): Promise<Finished> {
  const [first, ...rest] = [...(options.under ?? []), ...keyrollerCommand(), ...args]
  if (first === undefined) throw new Error('no command')
  const { PATH, HOME, LANG } = process.env
  return run([first, ...rest], {
    env: { PATH, HOME, LANG, ...options.env },
    timeoutMs: options.timeoutMs ?? 120_000,
  })
}

/** The command that is under test, without arguments. */
export function keyrollerCommand(): string[] {
  const built = process.env.KEYROLLER_BIN
  if (built !== undefined && built !== '') return [built]
  const root = join(import.meta.dirname, '../..')
  return [join(root, 'node_modules/.bin/node'), join(root, 'src/main.ts')]
}

async function makeHome(paths: AppPaths, uid: number | undefined): Promise<void> {
  const folders = [
    paths.home,
    join(paths.home, 'vault'),
    ...[paths.agentKey, paths.agentCa, paths.leafKey].map(dirname),
  ]
  for (const folder of folders) {
    await mkdir(folder, { recursive: true, mode: 0o755 })
    if (uid !== undefined) await chown(folder, uid, uid)
  }
}
