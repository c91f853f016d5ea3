/** Units that are told by the real systemd: those that serve while a client connects in a loop, and those that cannot be told. */
import { X509Certificate } from 'node:crypto'
import { copyFile, readFile } from 'node:fs/promises'
import { parse, stringify } from 'smol-toml'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../rig/free-port.ts'
import { loopHandshakes } from '../rig/handshake-loop.ts'
import type { ConfigTable, ReloadEntry } from '../rig/host-config.ts'
import { appNames } from '../rig/pki.ts'
import { ACCOUNT_UNIT, type AccountUnit, startAccountUnit } from './account-unit.ts'
import { type AgentMachine, machineConfig, startAgentMachine } from './agent-machine.ts'
import { builtPackages } from './built-packages.ts'
import { NGINX, startUnitNginx } from './unit-nginx.ts'

const APP = 'ncprd1'
const WEB = `certificate/${APP}`
const NAME = appNames(APP).leafName

describe('units', () => {
  let agent: AgentMachine
  let unit: AccountUnit
  const ports = { nginx: 0, account: 0 }
  beforeAll(async () => {
    const { deb } = await builtPackages()
    agent = await startAgentMachine()
    await copyFile(deb, agent.machine.outside('/root/keyroller.deb'))
    await agent.machine.must(['dpkg', '--install', '/root/keyroller.deb'])
    ports.nginx = await freePort()
    await startUnitNginx(agent, APP, ports.nginx)
    ports.account = await freePort()
    unit = await startAccountUnit(agent, APP, ports.account)
  })
  afterAll(() => agent?.stop())

  const fullchain = () => agent.scenario.host.paths(APP).fullchain
  const installed = async () => new X509Certificate(await readFile(fullchain())).serialNumber.toLowerCase()
  const configure = async (reload: ReloadEntry, probe?: ConfigTable) => {
    const { certificate, ...rest } = parse(machineConfig(agent.scenario)) as Record<string, ConfigTable>
    const changed = { ...(certificate?.[APP] as ConfigTable | undefined), reload: [reload], probe }
    const text = stringify({ ...rest, certificate: { [APP]: changed } })
    await agent.write('/etc/keyroller/keyroller.toml', text)
  }
  const renew = () => agent.machine.run(['keyroller', 'renew', '--now', WEB, '--log', 'human'])
  const owed = async () => {
    const { materials } = JSON.parse((await agent.machine.run(['keyroller', 'status', '--json'])).stdout)
    return materials.flatMap(({ owed }: { owed: { target: string }[] }) => owed.map(({ target }) => target))
  }

  it.each([
    ['nginx', `systemd:${NGINX}`, 'nginx'],
    ['a server of an account', `systemd:${ACCOUNT_UNIT}?user=${APP}`, 'account'],
  ] as const)('%s is rolled, and no handshake fails', async (_, reload, at) => {
    await configure(reload, { connect: `127.0.0.1:${ports[at]}`, server_name: NAME, timeout: '5s' })
    const loop = loopHandshakes(ports[at], NAME, fullchain())
    const { exit, stdout } = await renew()
    expect(stdout).toContain(`serves serial ${await installed()}`)
    const { failures, handshakes, switchToServedMs } = await loop.until(await installed())
    expect([exit, failures]).toEqual([0, []])
    expect(handshakes).toBeGreaterThan(10)
    expect(switchToServedMs).toBeLessThan(2_000)
  })

  it('a unit of an account is owed, and told from the sandbox of the service, however it is written', async () => {
    const before = await unit.hupCount()
    await configure({ systemd: ACCOUNT_UNIT, user: APP })
    await unit.systemctl('stop')
    const { exit, stdout } = await renew()
    expect([exit, stdout]).toEqual([11, expect.stringContaining('expected active, found inactive')])
    expect(await owed()).toEqual([`systemd:${ACCOUNT_UNIT}?user=${APP}`])
    await unit.systemctl('start')
    await configure(`systemd-user:${APP}/${ACCOUNT_UNIT}`)
    await agent.machine.must(['systemctl', 'start', 'keyroller.service'])
    expect([await unit.hupCount(), await owed()]).toEqual([before + 1, []])
  })

  it.each([
    ['fails its reload', '/bin/false', 'expected the reload job to end as done, found failed'],
    ['never ends its reload', '/bin/sleep infinity', 'expected an answer within 3s, found none'],
    [
      'takes the bus along with its reload',
      "/bin/sh -c 'systemctl kill --signal=KILL dbus.service; sleep 60'",
      'found the connection closed',
    ],
  ])('one that %s is owed, and the run ends', async (_, execReload, says) => {
    await agent.write('/etc/systemd/system/faulty.service', faultyUnit(execReload))
    await agent.machine.must(['systemctl', 'daemon-reload'])
    await agent.machine.must(['systemctl', 'restart', 'faulty.service'])
    await configure({ systemd: 'faulty.service', timeout: '3s' })
    const startedAt = Date.now()
    const { exit, stdout } = await renew()
    expect([exit, stdout]).toEqual([11, expect.stringContaining(says)])
    expect(await owed()).toEqual(['systemd:faulty.service'])
    expect(Date.now() - startedAt).toBeLessThan(30_000)
  })
})

function faultyUnit(execReload: string): string {
  return `[Service]
ExecStart=/bin/sleep infinity
ExecReload=${execReload}
`
}
