/** Scenario S2 without root and without containers: one TLS server of this user, reloaded by a program. */
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Background, startBackground } from './background.ts'
import { freePort } from './free-port.ts'
import { createHost, type Host } from './host.ts'
import { appNames } from './pki.ts'
import {
  APPS,
  bootstrapHost,
  type HostScenario,
  orStop,
  type ScenarioOptions,
  type ScenarioServer,
  scenarioApp,
  startServer,
} from './scenario-s2.ts'
import { waitFor } from './wait-for.ts'

const CONSUMER = 'tls-server'

export async function startLocalScenario(options: ScenarioOptions = {}): Promise<HostScenario> {
  const server = await startServer(options)
  return orStop(server.stop, () => addHost(server, options))
}

async function addHost(server: ScenarioServer, options: ScenarioOptions): Promise<HostScenario> {
  const proxyPort = await freePort()
  const reloadProgram = join(server.dir, 'reload-tls-server')
  const apps = APPS.map((name) => scenarioApp({ name, proxyPort, reload: [{ exec: [reloadProgram] }] }))
  const host = await createHost({ ...server, apps })
  await bootstrapHost(host, server.admin, options)
  const log = join(server.dir, 'tls-server.log')
  const consumer = await startTlsServer(host, proxyPort, log, options.outlivesUs ?? false)
  await writeFile(reloadProgram, `#!/bin/sh\nexec kill -HUP ${consumer.pid}\n`)
  await chmod(reloadProgram, 0o755)
  const hupCount = async () => (await readFile(log, 'utf8')).split('SIGHUP').length - 1
  const stop = async () => {
    await consumer.stop()
    await server.stop()
  }
  return { ...server, host, proxyPort, consumers: [CONSUMER], hupCount, pids: [consumer.pid], stop }
}

async function startTlsServer(
  host: Host,
  port: number,
  log: string,
  outlivesUs: boolean,
): Promise<Background> {
  const sites = host.apps.map(({ name }) => {
    const { fullchain, leafKey } = host.paths(name)
    return [appNames(name).leafName, fullchain, leafKey].join('=')
  })
  const program = join(import.meta.dirname, 'tls-server.ts')
  const consumer = startBackground([process.execPath, program, `${port}`, log, ...sites], {
    logFile: join(host.dir, 'tls-server.out'),
    env: { PATH: process.env.PATH },
    outlivesUs,
  })
  await waitFor('the TLS server is ready', async () => (await readFile(log, 'utf8')).includes('ready'))
  return consumer
}
