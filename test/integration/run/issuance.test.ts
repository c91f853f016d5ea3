/** Every key type with every kind of name, signed by a real Vault and judged by openssl; and what a PKI role overrides. */
import { readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { KEY_TYPES } from '../../../src/core/key-type.ts'
import { auditedRequests } from '../../rig/audit-log.ts'
import { bootstrapIdentity } from '../../rig/bootstrap.ts'
import { must } from '../../rig/command.ts'
import { createHost, type Host } from '../../rig/host.ts'
import type { ConfigTable } from '../../rig/host-config.ts'
import { appNames, PKI_MOUNT } from '../../rig/pki.ts'
import { DAY_MS, type ScenarioServer, startServer } from '../../rig/scenario-s2.ts'

const APP = 'ncprd1'
const ROLE = appNames(APP).leafRole

let server: ScenarioServer
let host: Host
beforeAll(async () => {
  server = await startServer({ storage: 'inmem' })
  host = await createHost({ ...server, apps: [{ name: APP, reload: [] }] })
  for (const app of host.apps) await bootstrapIdentity(host, server.admin, app, { lifetimeMs: 30 * DAY_MS })
  await mkdir(at(''))
  await writeRole({})
})
afterAll(() => server?.stop())

/** What a kind adds to a certificate, and how openssl prints the names that it is to hold. */
const KINDS: Readonly<Record<string, { readonly table: ConfigTable; readonly printed: string }>> = {
  dns: { table: { dns_names: ['www.privsec.ch'] }, printed: 'DNS:www.privsec.ch' },
  ip: {
    table: { ip_addresses: ['192.0.2.7', '2001:db8::7'] },
    printed: 'IP Address:192.0.2.7, IP Address:2001:DB8:0:0:0:0:0:7',
  },
  uri: { table: { uris: ['spiffe://privsec.ch/app'] }, printed: 'URI:spiffe://privsec.ch/app' },
  email: { table: { emails: ['ops@privsec.ch'] }, printed: 'email:ops@privsec.ch' },
}

const SUBJECT = {
  country: 'CH',
  province: 'Bern',
  locality: 'Köniz',
  organization: 'PrivSec, Example & Söhne AG',
  organizational_unit: ['Ops', 'Web'],
  serial_number: 'SN 42',
}

test('every key type with every kind of name, in one run', async () => {
  const issued = KEY_TYPES.flatMap((keyType) =>
    Object.entries(KINDS).map(([kind, { table, printed }]) => ({
      name: `${keyType}-${kind}`,
      keyType,
      table,
      printed,
    })),
  )
  await configure(issued.map(({ name, keyType, table }) => [name, { key_type: keyType, ...table }]))
  expect(await renew()).toMatchObject({ exit: 0 })
  for (const { name, keyType, printed } of issued) {
    await verifies(name)
    const text = await must(['openssl', 'x509', '-in', at(`${name}.pem`), '-noout', '-ext', 'subjectAltName'])
    expect(text).toContain(printed)
    expect(await must(['openssl', 'pkey', '-in', at(`${name}.key`), '-noout', '-text'])).toMatch(
      KEY_TEXT[keyType],
    )
  }
  const signed = (await auditedRequests(server.vault.auditLogPath)).filter(({ data }) => data.csr)
  const requests = signed.filter(({ path }) => path === `${PKI_MOUNT}/sign/${ROLE}`)
  expect(requests).toHaveLength(issued.length)
  for (const { data } of requests)
    await must(['openssl', 'req', '-verify', '-noout'], { input: String(data.csr) })
  expect(await reasons()).toEqual(new Set(['current']))
})

const KEY_TEXT: Readonly<Record<(typeof KEY_TYPES)[number], RegExp>> = {
  'ec-p256': /NIST CURVE: P-256/,
  'ec-p384': /NIST CURVE: P-384/,
  'ec-p521': /NIST CURVE: P-521/,
  'rsa-2048': /Private-Key: \(2048 bit/,
  'rsa-3072': /Private-Key: \(3072 bit/,
  'rsa-4096': /Private-Key: \(4096 bit/,
  ed25519: /ED25519 Private-Key/,
}

describe('what the role decides', () => {
  test('names are the same whether it takes them from the request or from the call', async () => {
    await writeRole({ use_csr_common_name: false, use_csr_sans: false, serial_number_source: 'json' })
    const tables = Object.values(KINDS).map(({ table }) => table)
    await configure([['call', { subject: SUBJECT, ...Object.assign({}, ...tables) }]])
    expect(await renew()).toMatchObject({ exit: 0 })
    await verifies('call')
    const printed = await must([
      'openssl',
      'x509',
      '-in',
      at('call.pem'),
      '-noout',
      '-subject',
      '-nameopt',
      'multiline,utf8,-esc_msb',
    ])
    expect(
      printed
        .split('\n')
        .slice(1, -1)
        .map((line) => line.trim().replaceAll(/ +=/g, ' =')),
    ).toEqual([
      'countryName = CH',
      'stateOrProvinceName = Bern',
      'localityName = Köniz',
      'organizationName = PrivSec, Example & Söhne AG',
      'organizationalUnitName = Ops + organizationalUnitName = Web',
      'commonName = call.privsec.ch',
      'serialNumber = SN 42',
    ])
    expect(await reasons()).toEqual(new Set(['current']))
    await writeRole({})
  })

  test('the organisation is its own, whatever the request says: another than configured is not installed', async () => {
    await configure([['call', { subject: { organization: 'Other AG' } }]])
    const before = readFileSync(at('call.pem'))
    const { exit, stdout } = await renew()
    expect([exit, stdout]).toEqual([
      7,
      expect.stringContaining('expected subject organisation Other AG, found PrivSec, Example & Söhne AG'),
    ])
    expect(readFileSync(at('call.pem'))).toEqual(before)
  })
})

describe('reuse_key', () => {
  test('certifies the key on disk again, and only a new one the first time', async () => {
    await configure([['pinned', { reuse_key: true }]])
    expect(await renew()).toMatchObject({ exit: 0 })
    const [key, first] = [readFileSync(at('pinned.key')), readFileSync(at('pinned.pem'))]
    expect(await renew('--now')).toMatchObject({ exit: 0 })
    expect(readFileSync(at('pinned.key'))).toEqual(key)
    expect(readFileSync(at('pinned.pem'))).not.toEqual(first)
    await verifies('pinned')
  })

  test('is refused for another key type, before Vault is asked', async () => {
    await configure([['pinned', { reuse_key: true, key_type: 'rsa-2048' }]])
    const asked = async () => (await auditedRequests(server.vault.auditLogPath)).length
    const [before, key] = [await asked(), readFileSync(at('pinned.key'))]
    const { exit, stdout } = await renew('--now')
    expect([exit, stdout]).toEqual([4, expect.stringContaining('expected a private key of type rsa-2048')])
    expect(readFileSync(at('pinned.key'))).toEqual(key)
    expect(await asked()).toBe(before)
  })
})

test('what can wait is held outside its window without being a fault, and renewed when asked for', async () => {
  const hours = [10, 11].map((ahead) => String((new Date().getUTCHours() + ahead) % 24).padStart(2, '0'))
  const windows = [`${hours[0]}:00-${hours[1]}:00`]
  await configure([['pinned', { windows, dns_names: ['new.privsec.ch'] }]])
  const before = readFileSync(at('pinned.pem'))
  const { exit, stdout } = await renew()
  expect([exit, stdout]).toEqual([
    0,
    expect.stringContaining(`outside-window: expected DNS names new.privsec.ch`),
  ])
  expect(stdout).toContain(`expected ${windows[0]}, found`)
  expect(readFileSync(at('pinned.pem'))).toEqual(before)
  expect(await renew('--now')).toMatchObject({ exit: 0 })
  expect(readFileSync(at('pinned.pem'))).not.toEqual(before)
})

function at(name: string): string {
  return join(host.dir, 'issued', name)
}

/** A role that signs everything and sets the subject's fields itself. */
async function writeRole(changes: object): Promise<void> {
  await server.admin.write(`${PKI_MOUNT}/roles/${ROLE}`, {
    ...{ allow_any_name: true, allow_ip_sans: true, allowed_uri_sans: ['*'], allowed_serial_numbers: ['*'] },
    ...{ key_type: 'any', server_flag: true, client_flag: true, max_ttl: '24h' },
    ...{ country: [SUBJECT.country], province: [SUBJECT.province], locality: [SUBJECT.locality] },
    ...{ organization: [SUBJECT.organization], ou: SUBJECT.organizational_unit },
    ...{ use_csr_common_name: true, use_csr_sans: true, serial_number_source: 'json-csr' },
    ...changes,
  })
}

/** These certificates and no other, each named after its table. */
async function configure(tables: readonly (readonly [string, ConfigTable])[]): Promise<void> {
  await host.configure((config) => {
    config.certificate = Object.fromEntries(
      tables.map(([name, table]) => [
        name,
        {
          ...{ identity: APP, role: ROLE, common_name: `${name}.privsec.ch` },
          files: { key: at(`${name}.key`), fullchain: at(`${name}.pem`) },
          ...table,
        },
      ]),
    )
  })
}

function renew(...args: readonly string[]) {
  const names = args.length > 0 ? ['certificate/pinned'] : []
  return host.keyroller(['renew', ...args, ...names, '--log', 'human'])
}

async function reasons(): Promise<Set<string>> {
  const { stdout } = await host.keyroller(['plan', '--json'])
  return new Set(JSON.parse(stdout).decisions.map(({ reason }: { reason: string }) => reason))
}

async function verifies(name: string): Promise<void> {
  const chain = ['-CAfile', host.trustFile, '-untrusted', at(`${name}.pem`), at(`${name}.pem`)]
  expect(await must(['openssl', 'verify', ...chain])).toContain(': OK')
}
