/** Who serves it, on a real Vault: a look that cannot verify is never silent, and never passes where it is strict. */
import { chmod, rename } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ConfigTable } from '../../rig/host-config.ts'
import { startLocalScenario } from '../../rig/local-scenario.ts'
import { appNames, PKI_MOUNT } from '../../rig/pki.ts'
import type { HostScenario } from '../../rig/scenario-s2.ts'

const APP = 'ncprd1'
const WEB = `certificate/${APP}`
const ID = 'spiffe://privsec.ch/ncprd1'

describe('the serve check as a verifier', () => {
  let scenario: HostScenario
  beforeAll(async () => {
    scenario = await startLocalScenario()
    const role = `${PKI_MOUNT}/roles/${appNames(APP).leafRole}`
    const before = await scenario.admin.read(role)
    await scenario.admin.write(role, { ...before, allowed_uri_sans: 'spiffe://privsec.ch/*' })
  })
  afterAll(() => scenario?.stop())

  const keyroller = (...args: string[]) => scenario.host.keyroller([...args, '--log', 'human'])
  const configure = (changes: ConfigTable, probed: ConfigTable) =>
    scenario.host.configure(({ certificate }) => {
      const web = certificate?.[APP] as ConfigTable
      Object.assign(web, { probe: { ...(web.probe as ConfigTable), timeout: '2s', ...probed }, ...changes })
    })
  const statusOf = async () => {
    const { materials } = JSON.parse((await scenario.host.keyroller(['status', '--json'])).stdout)
    return materials.find(({ id }: { id: string }) => id === WEB)
  }

  it('attests the SPIFFE ID of what is served', async () => {
    await configure({ uris: [ID] }, { trust_domain: 'privsec.ch', strict: true })
    const { exit, stdout } = await keyroller('renew')
    expect([exit, stdout]).toEqual([0, expect.stringContaining(`, as ${ID}`)])
    expect(await statusOf()).toMatchObject({
      ready: true,
      conditions: { verified: { state: 'yes', message: `attested as ${ID}` } },
    })
  })

  it('a client certificate that nobody else may read is presented, and one that all may read is not', async () => {
    const { agentCert, agentKey } = scenario.host.paths(APP)
    await configure({ uris: [ID] }, { client: { cert: agentCert, key: agentKey } })
    expect((await keyroller('renew', '--now', WEB)).stdout).not.toContain('not verified')
    await chmod(agentKey, 0o644)
    const { exit, stdout } = await keyroller('renew', '--now', WEB)
    await chmod(agentKey, 0o600)
    expect(exit).toBe(0)
    expect(stdout).toMatch(
      /note {2}certificate\/ncprd1: served, but not verified: .*expected nothing for others/,
    )
  })

  it('what could not be verified is served and not ready, until a look verifies it', async () => {
    expect(await statusOf()).toMatchObject({
      ready: false,
      served: { state: 'yes' },
      conditions: { verified: { state: 'no' } },
    })
    expect((await scenario.host.keyroller(['status'])).stdout).toContain(`${WEB}: not verified: `)
    const { exit, stdout } = await keyroller('renew')
    expect([exit, stdout]).toEqual([0, expect.stringContaining('serves serial')])
    expect(await statusOf()).toMatchObject({ ready: true, conditions: { verified: { state: 'yes' } } })
  })

  it('another trust domain is recorded, and verify fails', async () => {
    await configure({ uris: [ID] }, { trust_domain: 'other.ch' })
    const { exit, stdout } = await keyroller('renew', '--now', WEB)
    const told = `expected one SPIFFE ID of other.ch, found ${ID}`
    expect([exit, stdout]).toEqual([0, expect.stringContaining(told)])
    const lines = JSON.parse((await scenario.host.keyroller(['verify', WEB, '--json'])).stdout)
    expect(JSON.stringify(lines)).toContain(told)
  })

  it('strict: what cannot be verified is not served, whoever sends it', async () => {
    const { agentCert, agentKey } = scenario.host.paths(APP)
    await configure({ uris: [ID] }, { client: { cert: agentCert, key: agentKey }, strict: true })
    await rename(agentKey, `${agentKey}.away`)
    const { exit, stdout } = await keyroller('renew', WEB)
    await rename(`${agentKey}.away`, agentKey)
    expect([exit, stdout]).toEqual([
      10,
      expect.stringContaining('is served, but not verified: expected a readable file'),
    ])
  })
})
