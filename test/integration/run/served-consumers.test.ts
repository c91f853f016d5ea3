/** Real consumers, each rolled while a client connects in a loop: no handshake fails, and the new certificate comes in time. */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { chmod, chown, copyFile, mkdir, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startBackground } from '../../rig/background.ts'
import { freePort } from '../../rig/free-port.ts'
import { loopHandshakes } from '../../rig/handshake-loop.ts'
import type { ConfigTable, ReloadEntry } from '../../rig/host-config.ts'
import { nginxConf } from '../../rig/nginx-conf.ts'
import { appNames } from '../../rig/pki.ts'
import type { Podman } from '../../rig/podman.ts'
import { type RootlessPodman, startRootlessPodman } from '../../rig/rootless-podman.ts'
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

  it('haproxy in Podman, its file one of certificate, chain and key', async () => {
    const { dir, conf, port, files } = await layOutHaproxy()
    await scenario.podman.startProgram({ name: 'haproxy', labels: {}, mounts: [dir] }, [...HAPROXY, conf])
    await waitFor('haproxy serves', () => served(port))
    await configure(port, [{ podman: 'haproxy', signal: 'USR2' }], { files })
    await rollInLoop(port)
  })

  it('haproxy without a container, told by a program', async () => {
    const { dir, conf, port, files } = await layOutHaproxy()
    const env = { PATH: process.env.PATH }
    const proxy = startBackground([...HAPROXY, conf], { logFile: join(dir, 'log'), env })
    onTestFinished(() => proxy.stop())
    await writeFile(join(dir, 'reload'), `#!/bin/sh\nexec kill -USR2 ${proxy.pid}\n`)
    await chmod(join(dir, 'reload'), 0o755)
    await waitFor('haproxy serves', () => served(port))
    await configure(port, [{ exec: [join(dir, 'reload')] }], { files })
    await rollInLoop(port)
  })

  it('a plain TLS server in Podman', async () => {
    const port = await startPlainServer(scenario.podman)
    await configure(port, ['podman:plain'])
    await rollInLoop(port)
  })

  describe('in Podman of the account that the files belong to', () => {
    let account: RootlessPodman
    beforeAll(async () => {
      const { home, leafKey } = paths()
      account = await startRootlessPodman((await stat(leafKey)).uid)
      for (let dir = home; dir !== '/'; dir = dirname(dir)) {
        const { mode } = await stat(dir)
        if ((mode & 0o001) === 0) await chmod(dir, (mode & 0o777) | 0o011)
      }
    })
    afterAll(() => account?.stop())

    it('nginx, told by a program in it', async () => {
      const { home, leafKey, fullchain } = paths()
      const port = await freePort()
      const conf = join(home, 'nginx.conf')
      await writeFile(
        conf,
        nginxConf(port, [{ serverName: NAME, certFile: fullchain, keyFile: leafKey }], '/run/log'),
      )
      const nginx = ['/usr/sbin/nginx', '-c', conf] as const
      await account.startProgram({ name: 'web', labels: {}, mounts: [home] }, nginx)
      await waitFor('nginx serves', () => served(port))
      await configure(port, [{ podman: 'web', user: account.user, exec: [...nginx, '-s', 'reload'] }])
      await rollInLoop(port)
    })

    it('haproxy', async () => {
      const { dir, conf, port, files } = await layOutHaproxy()
      await account.startProgram({ name: 'haproxy', labels: {}, mounts: [dir] }, [...HAPROXY, conf])
      await waitFor('haproxy serves', () => served(port))
      await configure(port, [{ podman: 'haproxy', user: account.user, signal: 'USR2' }], { files })
      await rollInLoop(port)
    })

    it('a plain TLS server', async () => {
      const port = await startPlainServer(account)
      await configure(port, [{ podman: 'plain', user: account.user }])
      await rollInLoop(port)
    })
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

  /** Its file belongs to the app, as it does after a renewal. */
  async function layOutHaproxy() {
    const port = await freePort()
    const dir = join(scenario.host.dir, `haproxy-${port}`)
    await mkdir(dir)
    const [pem, conf] = [join(dir, 'web.pem'), join(dir, 'haproxy.cfg')]
    const { leafKey, fullchain } = paths()
    await writeFile(pem, readFileSync(fullchain, 'utf8') + readFileSync(leafKey, 'utf8'), { mode: 0o600 })
    const { uid, gid } = await stat(leafKey)
    await chown(pem, uid, gid)
    await writeFile(conf, haproxyConf(port, pem))
    return { dir, conf, port, files: { key: leafKey, fullchain, combined: pem } }
  }

  /** The container `plain`, once it serves. What it runs is copied, because an account may have no way into our folders. */
  async function startPlainServer({ startProgram }: Pick<Podman, 'startProgram'>): Promise<number> {
    const port = await freePort()
    const dir = join(scenario.host.dir, `plain-${port}`)
    const [node, program] = [join(dir, 'node'), join(dir, 'tls-server.ts')]
    await mkdir(dir)
    await copyFile(process.execPath, node)
    await copyFile(join(import.meta.dirname, '../../rig/tls-server.ts'), program)
    const { home, leafKey, fullchain } = paths()
    const site = [NAME, fullchain, leafKey].join('=')
    const mounts = [home, dir]
    await startProgram({ name: 'plain', labels: {}, mounts }, [node, program, `${port}`, '/dev/null', site])
    await waitFor('the server serves', () => served(port))
    return port
  }
})

/** SIGUSR2 is how the master process of haproxy(1) reloads. */
const HAPROXY = ['/usr/sbin/haproxy', '-W', '-f'] as const

function haproxyConf(port: number, pem: string): string {
  return `defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
frontend web
  bind 127.0.0.1:${port} ssl crt ${pem}
  http-request return status 200
`
}
