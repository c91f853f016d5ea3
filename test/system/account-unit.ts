/** A service of an account of a booted machine, under the manager that runs for it without a login. */
import { chown, mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { waitFor } from '../rig/wait-for.ts'
import type { Machine } from './machine.ts'

type Argv = readonly [string, ...string[]]

/** `web.service`, which adds a line to `~/reloads` each time it reloads. Returns once it runs. */
export async function startAccountUnit(machine: Machine, account: string): Promise<void> {
  const file = machine.outside(`/home/${account}/.config/systemd/user/web.service`)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, UNIT, { mode: 0o644 })
  const reloads = machine.outside(`/home/${account}/reloads`)
  await writeFile(reloads, '')
  const uid = await uidOf(machine, account)
  await chown(reloads, uid, uid)
  await machine.must(['loginctl', 'enable-linger', account])
  await waitFor('the unit of the account runs', async () => {
    return (await asAccount(machine, account, ['systemctl', '--user', 'start', 'web.service'])).exit === 0
  })
}

const UNIT = `[Service]
ExecStart=/bin/sleep infinity
ExecReload=/bin/sh -c 'echo reloaded >> %h/reloads'
`

export async function asAccount(machine: Machine, account: string, argv: Argv) {
  const uid = await uidOf(machine, account)
  const identity = [`--reuid=${uid}`, `--regid=${uid}`, '--init-groups'] as const
  return machine.run(['env', `XDG_RUNTIME_DIR=/run/user/${uid}`, 'setpriv', ...identity, '--', ...argv])
}

async function uidOf(machine: Machine, account: string): Promise<number> {
  return Number(await machine.must(['id', '--user', account]))
}
