/** A consumer that goes on with the old certificate: told again, and then kept or rolled back, as it is asked for. */
import { X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loopHandshakes } from '../../rig/handshake-loop.ts'
import type { ConfigTable } from '../../rig/host-config.ts'
import { startLocalScenario } from '../../rig/local-scenario.ts'
import { appNames } from '../../rig/pki.ts'
import type { HostScenario } from '../../rig/scenario-s2.ts'
import { servedCertificate } from '../../rig/served.ts'

const WEB = 'certificate/ncprd1'

describe('a consumer that says it reloads, and does not', () => {
  let scenario: HostScenario
  let sound: string
  beforeAll(async () => {
    scenario = await startLocalScenario()
    await scenario.host.keyroller(['renew'])
    sound = readFileSync(program(), 'utf8')
    await deafen()
  })
  afterAll(() => scenario?.stop())

  const program = () => join(scenario.dir, 'reload-tls-server')
  const told = () => join(scenario.dir, 'told')
  /** It counts how often it was told, and does nothing else. */
  const deafen = async () => {
    writeFileSync(told(), '')
    writeFileSync(program(), `#!/bin/sh\necho told >> ${told()}\n`)
  }
  const timesTold = () => readFileSync(told(), 'utf8').split('told').length - 1
  const installed = () =>
    new X509Certificate(readFileSync(scenario.host.paths('ncprd1').fullchain)).serialNumber.toLowerCase()
  const served = async () =>
    (await servedCertificate(scenario.proxyPort, appNames('ncprd1').leafName)).serialNumber.toLowerCase()
  const statusOf = async () => {
    const { materials } = JSON.parse((await scenario.host.keyroller(['status', '--json'])).stdout)
    return materials.find(({ id }: { id: string }) => id === WEB)
  }
  const configure = (changes: ConfigTable) =>
    scenario.host.configure(({ certificate }) => {
      const web = certificate?.ncprd1 as ConfigTable
      const probe = { ...(web.probe as ConfigTable), timeout: '1s' }
      Object.assign(web, { probe, ...changes })
    })

  it('is told again, once, and then the certificate stays and the reload is owed', async () => {
    await configure({})
    const before = installed()
    const { exit, stdout } = await scenario.host.keyroller(['renew', '--now', WEB, '--log', 'human'])
    expect(exit).toBe(10)
    expect(stdout).toMatch(
      /note {2}certificate\/ncprd1 is not served \(old-certificate\): telling exec:\S+ again\n/,
    )
    expect(stdout).toMatch(
      /note {2}certificate\/ncprd1 is not served \(old-certificate, told again\): it stays owed to/,
    )
    expect(timesTold()).toBe(2)
    expect([installed() !== before, await served()]).toEqual([true, before])
    const status = await statusOf()
    expect(status.served).toMatchObject({
      state: 'no',
      message: expect.stringMatching(/, found serial .*; told again$/),
    })
    expect(status.owed).toHaveLength(1)
  })

  it('by the next run it is told once more, and nothing else is tried', async () => {
    const before = installed()
    const { exit } = await scenario.host.keyroller(['renew'])
    expect([exit, timesTold(), installed()]).toEqual([10, 3, before])
  })

  it('heals by the run after it was mended, without another certificate', async () => {
    const before = installed()
    writeFileSync(program(), sound)
    const { exit } = await scenario.host.keyroller(['renew'])
    expect([exit, installed(), await served()]).toEqual([0, before, before])
    expect((await statusOf()).served.state).toBe('yes')
  })

  it('is rolled back where that is asked for, and told that', async () => {
    await deafen()
    await configure({ on_unserved: 'roll-back' })
    const before = installed()
    const { exit, stdout } = await scenario.host.keyroller(['renew', '--now', WEB, '--log', 'human'])
    expect(exit).toBe(10)
    expect(stdout).toContain(
      'is not served (old-certificate, told again): going back to what was installed before',
    )
    expect(timesTold()).toBe(3)
    expect([installed(), await served()]).toEqual([before, before])
    const { rolledBack, served: rung, owed } = await statusOf()
    expect(rolledBack.why).toMatch(/: expected serial \w+ to be served, found serial /)
    expect([rung.state, owed]).toEqual(['yes', []])
  })

  it('the next run leaves it there and says why', async () => {
    const before = installed()
    const { exit, stdout } = await scenario.host.keyroller(['renew', '--log', 'human'])
    expect([exit, installed()]).toEqual([0, before])
    expect(stdout).toMatch(/^nothing to do/)
    const { stdout: status } = await scenario.host.keyroller(['status'])
    expect(status).toMatch(
      /next: keep: rolled-back: rolled back from serial \w+ at \S+ because it was not served \(/,
    )
  })

  it('goes forward when a person asks, once the consumer is mended, and no handshake fails', async () => {
    const before = installed()
    writeFileSync(program(), sound)
    const { fullchain } = scenario.host.paths('ncprd1')
    const loop = loopHandshakes(scenario.proxyPort, appNames('ncprd1').leafName, fullchain)
    const { exit } = await scenario.host.keyroller(['renew', '--now', WEB])
    expect([exit, installed() !== before, await served()]).toEqual([0, true, installed()])
    const { failures, switchToServedMs } = await loop.until(installed())
    expect(failures).toEqual([])
    expect(switchToServedMs).toBeLessThan(2_000)
    expect(await statusOf()).not.toHaveProperty('rolledBack')
  })
})
