/** A service of an account of a booted machine, under the manager that runs for it without a login. */
import { copyFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { appNames } from '../rig/pki.ts'
import { servedCertificate } from '../rig/served.ts'
import { waitFor } from '../rig/wait-for.ts'
import { type AgentMachine, pathsInside } from './agent-machine.ts'
import type { Machine } from './machine.ts'

type Argv = readonly [string, ...string[]]

export interface AccountUnit {
  /** Runs `systemctl --user` as the account, to its end; the unit serves again once it has been started. */
  readonly systemctl: (verb: 'start' | 'stop') => Promise<void>
  /** HUPs that the server has seen, by its own account. */
  readonly hupCount: () => Promise<number>
}

export const ACCOUNT_UNIT = 'web.service'

/** A TLS server with the leaf of the app whose account it is, on a port that is this machine's too. Returns once it serves. */
export async function startAccountUnit(agent: AgentMachine, app: string, port: number): Promise<AccountUnit> {
  const { machine } = agent
  await layOut(agent, app, port)
  await machine.must(['loginctl', 'enable-linger', app])
  const systemctl = async (verb: 'start' | 'stop') => {
    await waitFor('the manager of the account answers', async () => {
      return (await asAccount(machine, app, ['systemctl', '--user', verb, ACCOUNT_UNIT])).exit === 0
    })
    // It has no handler for a HUP before.
    if (verb === 'start')
      await waitFor('the unit serves', () => servedCertificate(port, appNames(app).leafName))
  }
  await systemctl('start')
  const log = machine.outside(join(pathsInside(app).home, LOG))
  return { systemctl, hupCount: async () => (await readFile(log, 'utf8')).split('SIGHUP').length - 1 }
}

const [NODE, SERVER, LOG] = ['/opt/node', '/opt/tls-server.ts', 'server-log'] as const

async function layOut({ machine, write }: AgentMachine, app: string, port: number): Promise<void> {
  await copyFile(process.execPath, machine.outside(NODE))
  await copyFile(join(import.meta.dirname, '../rig/tls-server.ts'), machine.outside(SERVER))
  const { home, fullchain, leafKey } = pathsInside(app)
  const site = [appNames(app).leafName, fullchain, leafKey].join('=')
  await write(
    join(home, '.config/systemd/user', ACCOUNT_UNIT),
    `[Service]
ExecStart=${NODE} ${SERVER} ${port} %h/${LOG} ${site}
ExecReload=/bin/sh -c 'kill -HUP $MAINPID'
`,
  )
}

async function asAccount(machine: Machine, account: string, argv: Argv) {
  const uid = Number(await machine.must(['id', '--user', account]))
  const identity = [`--reuid=${uid}`, `--regid=${uid}`, '--init-groups'] as const
  return machine.run(['env', `XDG_RUNTIME_DIR=/run/user/${uid}`, 'setpriv', ...identity, '--', ...argv])
}
