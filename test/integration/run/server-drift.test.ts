/** What a host sees of its own side of the server with no more than its own login: through `keyroller verify`. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { auditedRequests, auditMark } from '../../rig/audit-log.ts'
import { startLocalScenario } from '../../rig/local-scenario.ts'
import { appNames, PKI_MOUNT, setUpApp } from '../../rig/pki.ts'
import { DAY_MS, type HostScenario } from '../../rig/scenario-s2.ts'

const APP = 'ncprd1'
const { policy, mapping, leafRole } = appNames(APP)
const MAPPING_PATH = `auth/cert/certs/${mapping}`

let scenario: HostScenario
beforeAll(async () => {
  scenario = await startLocalScenario({ identity: { lifetimeMs: 30 * DAY_MS }, leaf: { lifetimeMs: DAY_MS } })
  await scenario.host.configure((config) => {
    const identity = config.identity?.[APP] as Record<string, unknown>
    identity.server = { policy, policies: ['marker-cert-auth'], drop_policies: ['debug-policy'] }
  })
  await scenario.admin.write('sys/policies/acl/theirs', {
    policy: `path "${PKI_MOUNT}/roles/${leafRole}" { capabilities = ["read"] }`,
  })
}, 900_000)
afterAll(() => scenario?.stop())
beforeEach(() => setUpApp(scenario.admin, { app: APP, pki: scenario.pki }))

test('in order: policies and rights are seen, the rest is calmly said not to be, and nothing forbidden is asked', async () => {
  const mark = await auditMark(scenario.vault.auditLogPath)
  const lines = await serverSide()
  expect(lines.map(({ pass }) => pass)).toEqual([true, true, true, true])
  const unseen = lines.filter(({ message }) =>
    message.startsWith('cannot be seen with the rights of this host'),
  )
  expect(unseen).toHaveLength(1)
  expect(unseen[0]?.message).toContain(`role ${leafRole}, policy ${policy}, mapping ${mapping}`)
  const requests = await auditedRequests(scenario.vault.auditLogPath, mark)
  expect(requests.filter(({ error }) => error !== '')).toEqual([])
})

test('policies: one that was detached fails, one to be dropped fails, one of somebody else is told', async () => {
  await scenario.admin.write(MAPPING_PATH, { token_policies: [policy, 'debug-policy', 'theirs'] })
  const [policies] = await failed()
  expect(policies?.message).toBe(
    'expected policy marker-cert-auth, found none; expected no policy debug-policy, found it attached',
  )
  await scenario.admin.write(MAPPING_PATH, { token_policies: [policy, 'marker-cert-auth', 'theirs'] })
  expect(await failed()).toEqual([])
  expect((await serverSide())[0]?.message).toContain('beside what is configured: theirs')
})

test('rights: a policy that lost a path fails before a renewal does', async () => {
  await scenario.admin.write(`sys/policies/acl/${policy}`, { policy: '# nothing' })
  const messages = (await failed()).map(({ message }) => message)
  expect(messages).toHaveLength(1)
  expect(messages[0]).toContain(`expected update on ${PKI_MOUNT}/sign/${leafRole}, found deny`)
})

test('what its token may read is compared like an operator would', async () => {
  await scenario.admin.write(MAPPING_PATH, { token_policies: [policy, 'marker-cert-auth', 'theirs'] })
  const path = `${PKI_MOUNT}/roles/${leafRole}`
  await scenario.admin.write(path, {
    ...(await scenario.admin.read(path)),
    server_flag: false,
    max_ttl: '1h',
    ttl: '1h',
  })
  const messages = (await failed()).map(({ message }) => message)
  expect(messages).toEqual([
    `${path}: server_flag: expected true, found false; max_ttl: expected 86400, found 3600`,
  ])
})

test('a token without the policy default may not even ask what it may', async () => {
  await scenario.admin.write(MAPPING_PATH, { token_no_default_policy: true })
  const lines = await serverSide()
  expect(lines.every(({ pass }) => pass)).toBe(true)
  expect(lines[1]?.message).toBe('what its token may do cannot be seen with the rights of this host')
  await scenario.admin.write(MAPPING_PATH, { token_no_default_policy: false })
})

interface Line {
  readonly subject: string
  readonly check: string
  readonly pass: boolean
  readonly message: string
}

async function failed(): Promise<Line[]> {
  return (await serverSide()).filter(({ pass }) => !pass)
}

async function serverSide(): Promise<Line[]> {
  const { stdout } = await scenario.host.keyroller(['verify', '--json', `identity/${APP}`])
  const { lines } = JSON.parse(stdout) as { lines: Line[] }
  return lines.filter(({ check }) => check === 'server-side')
}
