// What doctor says of a real server: its clock, the logins, what they may do, and versions; it asks nobody when told so.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { auditMark } from '../../rig/audit-log.ts'
import { startLocalScenario } from '../../rig/local-scenario.ts'
import { AUTH_MOUNT, appNames, setUpApp } from '../../rig/pki.ts'
import { DAY_MS, type HostScenario } from '../../rig/scenario-s2.ts'

const APP = 'ncprd1'
const { policy, mapping } = appNames(APP)

/** Whether systemd booted whatever runs the tests is its own affair. */
const OF_THE_MACHINE = /^(systemd|timer-|unit-|last-run|run-timeout|sandbox)/

let scenario: HostScenario
beforeAll(async () => {
  scenario = await startLocalScenario({ identity: { lifetimeMs: 30 * DAY_MS }, leaf: { lifetimeMs: DAY_MS } })
}, 900_000)
afterAll(() => scenario?.stop())

test('a server that is as it should be', async () => {
  const { findings } = await doctor()
  const failures = findings.filter(({ severity }) => severity === 'fail')
  expect(failures.filter(({ id }) => !OF_THE_MACHINE.test(id))).toEqual([])
  const fine = findings.filter(({ severity }) => severity === 'ok').map(({ id }) => id)
  expect(fine).toEqual(expect.arrayContaining(['vault', 'clock', 'login', 'server-side', 'skew']))
})

test('offline: the same of the host, and not one request', async () => {
  const mark = await auditMark(scenario.vault.auditLogPath)
  const { findings } = await doctor([], '--offline')
  const ids = findings.map(({ id }) => id)
  expect(ids).toContain('installed')
  expect(ids.filter((id) => ['vault', 'clock', 'login', 'server-side'].includes(id))).toEqual([])
  expect(await auditMark(scenario.vault.auditLogPath)).toBe(mark)
})

test.each([
  // Ahead only: to a clock far behind the certificate of this young server is not valid yet.
  ['+10s', 'warn', 'ahead'],
  ['+2m', 'fail', 'ahead'],
])('a clock that is off by %s', async (shift, severity, word) => {
  const { findings } = await doctor(['faketime', '-f', shift])
  expect(of(findings, 'clock')).toMatchObject({ severity, found: expect.stringContaining(word) })
})

test('a mapping that is gone: that identity cannot log in, the others can', async () => {
  await scenario.admin.remove(`auth/${AUTH_MOUNT}/certs/${mapping}`)
  const { exit, findings } = await doctor()
  await setUpApp(scenario.admin, { app: APP, pki: scenario.pki })
  expect(exit).toBe(12)
  expect(findings.filter(({ id }) => id === 'login')).toMatchObject([
    { severity: 'fail', subject: `identity/${APP}`, fix: expect.stringContaining('mapping') },
  ])
})

test('a policy without the right to sign', async () => {
  await scenario.admin.write(`sys/policies/acl/${policy}`, { policy: '# nothing' })
  const { findings } = await doctor()
  await setUpApp(scenario.admin, { app: APP, pki: scenario.pki })
  const found = of(findings, 'server-side')
  expect(found).toMatchObject({ severity: 'fail', subject: `identity/${APP}` })
  expect(found?.found).toContain('expected update on pki-prod/sign/')
})

interface Line {
  readonly id: string
  readonly severity: string
  readonly found: string
}

async function doctor(under: readonly string[] = [], ...args: string[]) {
  const { exit, stdout } = await scenario.host.keyroller(['doctor', '--json', ...args], { under })
  return { exit, findings: (JSON.parse(stdout) as { findings: Line[] }).findings }
}

function of(findings: readonly Line[], id: string): Line | undefined {
  return findings.find((one) => one.id === id)
}
