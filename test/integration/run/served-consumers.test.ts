/** Real consumers, each rolled while a client connects in a loop: no handshake fails, and the new certificate comes in time. */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startBackground } from '../../rig/background.ts'
import { freePort } from '../../rig/free-port.ts'
import { loopHandshakes } from '../../rig/handshake-loop.ts'
import type { ConfigTable, ReloadEntry } from '../../rig/host-config.ts'
import { appNames } from '../../rig/pki.ts'
import { type Scenario, startScenario } from '../../rig/scenario-s2.ts'
import { servedCertificate } from '../../rig/served.ts'
import { waitFor } from '../../rig/wait-for.ts'

const APP = 'ncprd1'
const WEB = `certificate/${APP}`
const NAME = appNames(APP).leafName

describe('consumers', () => {
  let scenario: Scenario
  beforeAll(async () => {
    scenario = await startScenario()
    await scenario.host.keyroller(['renew'])
  })
  afterAll(() => scenario?.stop())

  const paths = () => scenario.host.paths(APP)
  const installed = () => new X509Certificate(readFileSync(paths().fullchain)).serialNumber.toLowerCase()
  const served = async (port: number) => (await servedCertificate(port, NAME)).serialNumber.toLowerCase()
  const configure = (port: number, reload: readonly ReloadEntry[], changes: ConfigTable = {}) =>
    scenario.host.configure(({ certificate }) => {
      const probe = { connect: `127.0.0.1:${port}`, server_name: NAME, timeout: '3s' }
      Object.assign(certificate?.[APP] ?? {}, { reload, probe, ...changes })
    })

  async function rollInLoop(port: number): Promise<void> {
    const loop = loopHandshakes(port, NAME, paths().fullchain)
    const { exit, stdout } = await scenario.host.keyroller(['renew', '--now', WEB])
    expect(stdout).toContain(`serves serial ${installed()}`)
    const { failures, handshakes, switchToServedMs } = await loop.until(installed())
    expect([exit, failures]).toEqual([0, []])
    expect(handshakes).toBeGreaterThan(10)
    expect(switchToServedMs).toBeLessThan(2_000)
  }

  it('nginx in Podman', async () => {
    await configure(scenario.proxyPort, ['podman:proxyprod'])
    await rollInLoop(scenario.proxyPort)
  })

  it('haproxy, its file one of certificate, chain and key', async () => {
    const port = await startHaproxy()
    const pem = join(scenario.host.dir, 'haproxy', 'web.pem')
    const reload = join(scenario.host.dir, 'haproxy', 'reload')
    const { leafKey, fullchain } = paths()
    await configure(port, [{ exec: [reload] }], { files: { key: leafKey, fullchain, combined: pem } })
    await rollInLoop(port)
  })

  it('nginx that mounts each file by itself: told in vain, restarted, served', async () => {
    const { leafKey, fullchain } = paths()
    const port = await freePort()
    await scenario.podman.startNginx({
      name: 'stubborn',
      labels: {},
      mounts: [leafKey, fullchain],
      port,
      sites: [{ serverName: NAME, certFile: fullchain, keyFile: leafKey }],
    })
    await configure(port, [{ podman: 'stubborn', restart: 'if-needed' }])
    const { exit, stdout } = await scenario.host.keyroller(['renew', '--now', WEB, '--log', 'human'])
    expect(stdout).toContain(`${WEB} is not served (old-certificate, told again): restarting podman:stubborn`)
    expect([exit, await served(port)]).toEqual([0, installed()])
    expect(await scenario.podman.killCount('stubborn')).toBe(2)
  })

  async function startHaproxy(): Promise<number> {
    const dir = join(scenario.host.dir, 'haproxy')
    await mkdir(dir)
    const port = await freePort()
    const { leafKey, fullchain } = paths()
    const pem = join(dir, 'web.pem')
    await writeFile(pem, readFileSync(fullchain, 'utf8') + readFileSync(leafKey, 'utf8'), { mode: 0o600 })
    const conf = join(dir, 'haproxy.cfg')
    await writeFile(
      conf,
      `defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
frontend web
  bind 127.0.0.1:${port} ssl crt ${pem}
  http-request return status 200
`,
    )
    const proxy = startBackground(['haproxy', '-W', '-f', conf], {
      logFile: join(dir, 'log'),
      env: { PATH: process.env.PATH },
    })
    onTestFinished(() => proxy.stop())
    // SIGUSR2 is how the master process of haproxy(1) reloads.
    await writeFile(join(dir, 'reload'), `#!/bin/sh\nexec kill -USR2 ${proxy.pid}\n`)
    await chmod(join(dir, 'reload'), 0o755)
    await waitFor('haproxy serves', () => served(port))
    return port
  }
})
