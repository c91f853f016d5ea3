import { afterAll, beforeAll, expect, test } from 'vitest'
import { bootstrapLeaf } from '../../rig/bootstrap.ts'
import { must } from '../../rig/command.ts'
import { startLocalScenario } from '../../rig/local-scenario.ts'
import { appNames } from '../../rig/pki.ts'
import { DAY_MS, type HostScenario } from '../../rig/scenario-s2.ts'
import { servedCertificate } from '../../rig/served.ts'
import { waitFor } from '../../rig/wait-for.ts'

let scenario: HostScenario

beforeAll(async () => {
  scenario = await startLocalScenario()
})

afterAll(() => scenario?.stop())

test('without containers, a new leaf is served after the reload program ran, which is counted', async () => {
  const [app] = scenario.host.apps
  const [consumer] = scenario.consumers
  if (app === undefined || consumer === undefined) throw new Error('expected an app and a consumer')
  const { leafName } = appNames(app.name)
  const serial = async () => (await servedCertificate(scenario.proxyPort, leafName)).serialNumber
  const before = await serial()
  const pair = await bootstrapLeaf(scenario.host, scenario.admin, app, { lifetimeMs: DAY_MS })
  expect(await serial()).toBe(before)
  expect(await scenario.hupCount(consumer)).toBe(0)
  const [reload] = app.reload
  if (typeof reload !== 'object' || !Array.isArray(reload.exec)) throw new Error('expected a program')
  await must([reload.exec[0]])
  await waitFor('the new leaf is served', async () => (await serial()) === pair.serial)
  expect(await scenario.hupCount(consumer)).toBe(1)
})
