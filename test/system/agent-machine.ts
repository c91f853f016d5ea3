/** Scenario S2 with the host booted for real: keyroller runs inside, Vault and the containers run beside it. */
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { stringify } from 'smol-toml'
import { type ConfigTable, hostConfig } from '../rig/host-config.ts'
import { type AppPaths, appPaths } from '../rig/host-paths.ts'
import { type Scenario, startScenario } from '../rig/scenario-s2.ts'
import { type Machine, startMachine } from './machine.ts'

export interface AgentMachine {
  readonly scenario: Scenario
  readonly machine: Machine
  /** Writes a file in the machine, and the folders above it. */
  readonly write: (path: string, text: string) => Promise<void>
  readonly stop: () => Promise<void>
}

/** A service of the machine that takes up certificates by reload, and the file it adds a line to each time. */
export const CONSUMER = 'tls-consumer.service'
export const CONSUMER_LOG = '/var/log/tls-consumer'

/** How the machine names the files of an app. */
export function pathsInside(app: string): AppPaths {
  return appPaths('/home', app)
}

/**
 * Boots it with accounts and homes, a consumer and the files an operator brings; login and leaf of both apps are due.
 * keyroller is neither installed nor configured yet.
 */
export async function startAgentMachine(): Promise<AgentMachine> {
  const scenario = await startScenario()
  try {
    const machine = await startMachine({
      dir: join(scenario.dir, 'machine'),
      binds: [
        [scenario.host.homes, '/home'],
        [scenario.podman.socketPath, '/run/podman/podman.sock'],
      ],
    })
    const agent = { scenario, machine, write: writeInto(machine), stop: () => stop(scenario, machine) }
    await prepare(agent)
    return agent
  } catch (error) {
    await scenario.stop()
    throw error
  }
}

async function stop(scenario: Scenario, machine: Machine): Promise<void> {
  await machine.stop()
  await scenario.stop()
}

function writeInto(machine: Machine): AgentMachine['write'] {
  return async (path, text) => {
    await mkdir(dirname(machine.outside(path)), { recursive: true })
    await writeFile(machine.outside(path), text, { mode: 0o644 })
  }
}

async function prepare({ scenario, machine, write }: AgentMachine): Promise<void> {
  for (const { name, uid } of scenario.host.apps) {
    await machine.must(['useradd', '--uid', `${uid}`, '--user-group', '--no-create-home', name])
  }
  await write('/etc/keyroller/pki-root.pem', scenario.pki.rootPem)
  await copyFile(scenario.vault.caFile, machine.outside('/etc/keyroller/vault-ca.pem'))
  await write(`/etc/systemd/system/${CONSUMER}`, consumerUnit)
  await machine.must(['systemctl', 'enable', '--now', CONSUMER])
}

export const consumerUnit = `[Service]
ExecStart=/bin/sleep infinity
ExecReload=/bin/sh -c 'echo reloaded >> ${CONSUMER_LOG}'
[Install]
WantedBy=multi-user.target
`

/** /etc/keyroller/keyroller.toml; everything that has a place by default is where it is by default. */
export function machineConfig(scenario: Scenario): string {
  const { vault, pki, identity, certificate } = configTables(scenario)
  return stringify({ vault, pki, identity: ownedByName(identity), certificate: ownedByName(certificate) })
}

/** ~/.config/keyroller/keyroller.toml of an app that keeps its login certificate itself, in files of its own. */
export function userConfig(scenario: Scenario, app: string): string {
  const { vault, pki, identity } = configTables(scenario)
  return stringify({ vault, pki, identity: { [app]: identity?.[app] } })
}

/** Without owners: the apps have accounts here, so numbers are not needed. */
function configTables(scenario: Scenario): Record<string, ConfigTable> {
  return hostConfig({
    vault: { address: scenario.vault.address, caFile: '/etc/keyroller/vault-ca.pem' },
    trustFile: '/etc/keyroller/pki-root.pem',
    ...{ stateDir: '', runtimeDir: '' },
    apps: scenario.host.apps.map(({ uid, ...app }) => ({
      ...app,
      reload: [...app.reload, `systemd:${CONSUMER}`],
    })),
    pathsOf: pathsInside,
  })
}

function ownedByName(materials: ConfigTable | undefined): ConfigTable {
  const owned = Object.entries(materials ?? {}).map(([name, material]) => {
    return [name, { ...(material as object), owner: name, group: name }]
  })
  return Object.fromEntries(owned)
}
