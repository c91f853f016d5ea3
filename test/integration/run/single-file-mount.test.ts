// A container that mounts the files themselves: warned of before, named as the reason after, mended as the advice says.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ConfigTable } from '../../rig/host-config.ts'
import { appNames } from '../../rig/pki.ts'
import { type Scenario, startScenario } from '../../rig/scenario-s2.ts'

const APP = 'ncprd1'
const CERTIFICATE = `certificate/${APP}`

describe('a proxy that mounts each file by itself', () => {
  let scenario: Scenario
  let advice: string
  beforeAll(async () => {
    scenario = await startScenario()
    const { leafKey, fullchain } = scenario.host.paths(APP)
    await startProxy([leafKey, fullchain])
    // It is looked for in vain twice: 5 s say as much as the default.
    await scenario.host.configure(({ certificate }) => {
      const probe = (certificate?.[APP] as { probe?: ConfigTable } | undefined)?.probe
      if (probe) probe.timeout = '5s'
    })
  })
  afterAll(() => scenario?.stop())

  const keyroller = (...args: string[]) => scenario.host.keyroller(args)

  it('is warned of by plan, before anything is renewed, with the change to make', async () => {
    const { exit, stdout } = await keyroller('plan', CERTIFICATE, '--json')
    const { fullchain, tls } = placesOf(scenario)
    const { mounts } = JSON.parse(stdout)
    expect([exit, mounts.traps.length, mounts.unseen]).toEqual([0, 2, undefined])
    const trap = mounts.traps.find(({ found }: { found: string }) => found.includes(fullchain))
    expect(trap).toEqual({
      material: CERTIFICATE,
      container: 'proxyprod',
      kind: 'file',
      found: `container proxyprod mounts ${fullchain} at ${fullchain}, the file alone: it never sees what is renewed`,
      fix: `create proxyprod again with --volume ${tls}:${tls}:ro in place of ${fullchain}:${fullchain}`,
    })
    advice = trap.fix
    expect((await keyroller('plan', CERTIFICATE)).stdout).toContain(`       fix: ${advice}\n`)
  })

  it('goes on serving the old certificate, and the serve check says why', async () => {
    const { exit, stdout } = await keyroller('renew', CERTIFICATE, '--json')
    const check = JSON.parse(stdout).steps.find(({ kind }: { kind: string }) => kind === 'serve-check')
    expect(exit).toBe(10)
    expect(check.fault).toMatchObject({ code: 'serve-mismatch' })
    expect(check.fault.message).toMatch(
      /expected serial \w+ to be served, found serial .*; container proxyprod mounts /,
    )
    expect(check.fault.hint).toMatch(/^create proxyprod again with --volume /)
    expect((await keyroller('status')).stdout).toContain('the file alone: it never sees what is renewed')
  })

  it('serves the new one once the advice is followed, without another certificate', async () => {
    const [, source = '', destination = ''] = /--volume ([^:]+):([^:]+):ro/.exec(advice) ?? []
    expect(destination).toBe(source)
    await startProxy([source])
    expect((await keyroller('renew', CERTIFICATE)).exit).toBe(0)
    const { stdout } = await keyroller('plan', '--now', '--json')
    expect(JSON.parse(stdout).mounts).toEqual({ traps: [] })
  })

  const startProxy = async (mounts: readonly string[]) => {
    const { leafKey, fullchain } = scenario.host.paths(APP)
    await scenario.podman.podman('rm', '--force', '--time', '0', 'proxyprod')
    await scenario.podman.startNginx({
      name: 'proxyprod',
      labels: { tls: 'true' },
      mounts,
      port: scenario.proxyPort,
      sites: [{ serverName: appNames(APP).leafName, certFile: fullchain, keyFile: leafKey }],
    })
  }
})

function placesOf({ host }: Scenario) {
  const { fullchain } = host.paths(APP)
  return { fullchain, tls: fullchain.slice(0, fullchain.lastIndexOf('/')) }
}
