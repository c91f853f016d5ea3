/** The role of a leaf is changed under the feet of its host: what is told, and what stays as it was. */
import { readFileSync, rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { auditMark } from '../../rig/audit-log.ts'
import { eventsIn, heardIn } from '../../rig/heard.ts'
import { createHost, type Host } from '../../rig/host.ts'
import { appNames, PKI_MOUNT, writeLeafRole } from '../../rig/pki.ts'
import { bootstrapHost, DAY_MS, DUE_LEAF, type ScenarioServer, startServer } from '../../rig/scenario-s2.ts'

const APP = 'ncprd1'
const WEB = `certificate/${APP}`
const { leafRole, leafName } = appNames(APP)
const ROLE = `${PKI_MOUNT}/roles/${leafRole}`

let server: ScenarioServer
let host: Host
let heard: string
beforeAll(async () => {
  server = await startServer({ storage: 'inmem' })
  const dir = await mkdtemp(join(tmpdir(), 'keyroller-role-changed-'))
  host = await createHost({ ...server, dir, apps: [{ name: APP, reload: [] }] })
  heard = join(dir, 'heard')
  await host.configure((config) => {
    config.notify = heardIn(heard)
  })
}, 900_000)
afterAll(async () => {
  await rm(host.dir, { recursive: true })
  await server.stop()
})

test.each([
  {
    change: 'key type',
    role: { key_type: 'rsa', key_bits: 2048 },
    exit: 6,
    fault: 'role-refused',
    told: [`${ROLE} refused the request for ${leafName} with a key of type ec-p256`, 'rsa'],
  },
  {
    change: 'life cut',
    role: { ttl: '1h', max_ttl: '1h' },
    exit: 7,
    fault: 'issue-invalid',
    told: [`too-short: expected about 1d of life from ${ROLE}, found`, 'the one on disk lives until'],
  },
  {
    change: 'common name not allowed',
    role: { allowed_domains: ['elsewhere.example'] },
    exit: 6,
    fault: 'role-refused',
    told: [`${ROLE} refused the request for ${leafName}`, `common name ${leafName} not allowed by this role`],
  },
])(
  '$change: told with role, wanted and found; backed off; the set in use stays; somebody hears once of it and of its end',
  async ({ role, exit, fault, told }) => {
    rmSync(heard, { force: true })
    await bootstrapHost(host, server.admin, { identity: { lifetimeMs: 30 * DAY_MS }, leaf: DUE_LEAF })
    const before = files()
    await server.admin.write(ROLE, { ...(await server.admin.read(ROLE)), ...role })
    const failed = await host.keyroller(['renew', '--log', 'human'])
    expect(failed.exit).toBe(exit)
    for (const words of told) expect(failed.stdout).toContain(words)
    expect(files()).toEqual(before)
    const mark = await auditMark(server.vault.auditLogPath)
    const held = await host.keyroller(['renew', '--log', 'human'])
    expect([held.exit, held.stdout]).toEqual([exit, expect.stringContaining('backing-off: next try at')])
    expect(await auditMark(server.vault.auditLogPath)).toBe(mark)
    await writeLeafRole(server.admin, APP, '24h')
    expect(await host.keyroller(['renew', '--now', WEB])).toMatchObject({ exit: 0 })
    expect(files()).not.toEqual(before)
    const events = eventsIn(heard).filter(({ event }) => event !== 'skew-changed' && event !== 'expiring')
    expect(events.map(({ event, material, reason }) => [event, material, reason])).toEqual([
      ['failed', WEB, fault],
      ['recovered', WEB, fault],
    ])
  },
)

function files(): string[] {
  const { leafKey, fullchain } = host.paths(APP)
  return [leafKey, fullchain].map((path) => readFileSync(path, 'utf8'))
}
