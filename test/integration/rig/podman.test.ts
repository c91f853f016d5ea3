import { stat } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bootstrapLeaf } from '../../rig/bootstrap.ts'
import { run } from '../../rig/command.ts'
import { appNames } from '../../rig/pki.ts'
import { startPodman } from '../../rig/podman.ts'
import { DAY_MS, type Scenario, startScenario } from '../../rig/scenario-s2.ts'
import { servedCertificate } from '../../rig/served.ts'
import { waitFor } from '../../rig/wait-for.ts'

let scenario: Scenario

beforeAll(async () => {
  scenario = await startScenario()
})

afterAll(() => scenario?.stop())

const served = async (app: string) =>
  (await servedCertificate(scenario.proxyPort, appNames(app).leafName)).subject

test('the proxy serves each app by its own name', async () => {
  expect(await served('ncprd1')).toBe('CN=ncprd1.int.privsec.ch')
  expect(await served('resume2me')).toBe('CN=resume2me.int.privsec.ch')
})

test('openssl trusts what is served, from the root on', async () => {
  const { leafName } = appNames('ncprd1')
  const asked = [
    '-connect',
    `127.0.0.1:${scenario.proxyPort}`,
    '-servername',
    leafName,
    '-verify_hostname',
    leafName,
  ]
  const client = await run([
    'openssl',
    's_client',
    '-verify_return_error',
    '-CAfile',
    scenario.host.trustFile,
    ...asked,
  ])
  expect(client.stdout).toContain('Verify return code: 0 (ok)')
  expect(client.exit).toBe(0)
})

test('a new leaf is served only after a HUP, and every HUP is counted', async () => {
  const { host, podman } = scenario
  const [app] = host.apps
  if (app === undefined) throw new Error('no app')
  const serial = async () =>
    (await servedCertificate(scenario.proxyPort, appNames(app.name).leafName)).serialNumber
  const before = await serial()
  const pair = await bootstrapLeaf(host, scenario.admin, app, { lifetimeMs: DAY_MS })
  expect(await serial()).toBe(before)
  await podman.podman('kill', '--signal', 'HUP', 'proxyprod')
  await waitFor('the new leaf is served', async () => (await serial()) === pair.serial)
  expect(await podman.hupCount('proxyprod')).toBe(1)
  expect(await podman.killCount('proxyprod')).toBe(1)
  expect(await podman.hupCount('worker')).toBe(0)
})

test('a plain container counts its HUPs', async () => {
  const { podman } = scenario
  for (const expected of [1, 2]) {
    await podman.podman('kill', '--signal', 'HUP', 'worker')
    await waitFor('the HUP is seen', async () => (await podman.hupCount('worker')) === expected)
  }
  expect(await podman.killCount('worker')).toBe(2)
})

test('the API socket lists the containers by label, and no other Podman sees them', async () => {
  const { podman } = scenario
  const list = 'http://d/v4.0.0/libpod/containers/json?filters={"label":["tls=true"]}'
  const seen = await run(['curl', '--silent', '--globoff', '--unix-socket', podman.socketPath, list])
  expect(
    JSON.parse(seen.stdout)
      .flatMap((one: { Names: string[] }) => one.Names)
      .sort(),
  ).toEqual(['proxyprod', 'worker'])
  const other = await startPodman({ dir: `${scenario.dir}/other` })
  try {
    expect(await other.podman('ps', '--all', '--quiet')).toBe('')
  } finally {
    await other.stop()
  }
})

test('homes belong to the apps, with the modes of the scenario', async () => {
  for (const { name, uid } of scenario.host.apps) {
    const paths = scenario.host.paths(name)
    const modes = { agentKey: 0o600, agentCert: 0o644, agentCa: 0o644, leafKey: 0o600, fullchain: 0o644 }
    for (const [file, mode] of Object.entries(modes)) {
      const found = await stat(paths[file as keyof typeof modes])
      expect({ file, uid: found.uid, gid: found.gid, mode: found.mode & 0o7777 }).toEqual({
        ...{ file, uid, gid: uid, mode },
      })
    }
  }
})
