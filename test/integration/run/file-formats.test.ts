/** Files in every form, made by a run from a set in another form: no Vault is there, and the real consumers judge. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { must } from '../../rig/command.ts'
import { runKeyroller } from '../../rig/host.ts'
import { type Authority, makeAuthority, type Pair } from '../../rig/openssl-authority.ts'

let authority: Authority
let pair: Pair
beforeAll(async () => {
  authority = await makeAuthority()
  pair = await authority.issue({ commonName: 'web.example', names: 'DNS:web.example' })
})
afterAll(() => authority.remove())

const dirs: string[] = []
let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'keyroller-formats-'))
  dirs.push(dir)
  mkdirSync(join(dir, 'web'))
  writeFileSync(join(dir, 'ca.pem'), authority.caPem)
  writeFileSync(at('first.key'), pair.keyPem, { mode: 0o600 })
  writeFileSync(at('first.pem'), pair.certPem)
})
afterAll(() => Promise.all(dirs.map((one) => rm(one, { recursive: true }))))

test('a SEC1 key behind its curve becomes PKCS#8, and SEC1 again, with the certificate it has', async () => {
  const sec1 = await must(['openssl', 'ec', '-in', at('first.key')])
  const curve = await must(['openssl', 'ecparam', '-name', 'prime256v1'])
  writeFileSync(at('first.key'), curve + sec1)
  configure(['key = "first.key"', 'cert = "first.pem"'])
  expect(await plan()).toEqual(['file-drift'])
  await renew()
  expect(readFileSync(at('first.key'), 'utf8')).toBe(pair.keyPem)
  configure(['key = { path = "first.key", format = "sec1" }', 'cert = "first.pem"'])
  await renew()
  expect(readFileSync(at('first.key'), 'utf8')).toBe(sec1)
  expect(readFileSync(at('first.pem'), 'utf8')).toBe(pair.certPem)
  expect(await plan()).toEqual(['current'])
})

test('key and certificate in DER, and what was PEM is gone', async () => {
  configure(['key = { path = "first.key", format = "der" }', 'cert = { path = "first.pem", format = "der" }'])
  expect(await plan()).toEqual(['file-drift'])
  await renew()
  const publicKey = await must([
    'openssl',
    'x509',
    '-inform',
    'DER',
    '-in',
    at('first.pem'),
    '-pubkey',
    '-noout',
  ])
  expect(await must(['openssl', 'pkey', '-inform', 'DER', '-in', at('first.key'), '-pubout'])).toBe(publicKey)
  expect(await plan()).toEqual(['current'])
})

describe('one combined file', () => {
  const ORDERS = ['', ', order = ["key", "cert", "chain"]', ', order = ["cert", "key", "chain"]']

  test.each(ORDERS)('is read by HAProxy, nginx and openssl%s', async (order) => {
    configure(['key = "first.key"', 'cert = "first.pem"', `combined = { path = "combined.pem"${order} }`])
    await renew()
    expect(await must(['stat', '-c', '%a', at('combined.pem')])).toBe('600\n')
    await must(['haproxy', '-c', '-f', written('haproxy.cfg', haproxyConf(at('combined.pem')))])
    await must(['nginx', '-t', '-p', dir, '-c', written('nginx.conf', nginxConf(at('combined.pem')))])
    const publicKey = await must(['openssl', 'x509', '-in', at('combined.pem'), '-pubkey', '-noout'])
    expect(await must(['openssl', 'pkey', '-in', at('combined.pem'), '-pubout'])).toBe(publicKey)
  })

  test('may be all there is, and is put in order where it stands', async () => {
    writeFileSync(at('combined.pem'), pair.keyPem + pair.certPem, { mode: 0o600 })
    configure(['combined = "combined.pem"'])
    expect(await plan()).toEqual(['file-drift'])
    await renew()
    expect(readFileSync(at('combined.pem'), 'utf8')).toBe(pair.certPem + pair.keyPem)
    expect(await plan()).toEqual(['current'])
  })
})

describe('PKCS#12', () => {
  const FILES = ['key = "first.key"', 'cert = "first.pem"']
  const P12 = `pkcs12 = { path = "web.p12", password_file = "p12.password" }`

  test('is read by openssl and by Java, and is the same file until the password changes', async () => {
    writeFileSync(at('p12.password'), 's3cret of web\n', { mode: 0o600 })
    configure([...FILES, P12])
    expect(await plan()).toEqual(['file-drift'])
    await renew()
    expect(await must(['stat', '-c', '%a', at('web.p12')])).toBe('600\n')
    expect(await plan()).toEqual(['current'])
    const opened = [
      'openssl',
      'pkcs12',
      '-in',
      at('web.p12'),
      '-passin',
      `file:${at('p12.password')}`,
    ] as const
    expect(await must([...opened, '-nodes'])).toContain(pair.keyPem)
    if (existsSync('/usr/bin/keytool')) {
      const store = [
        '-storetype',
        'PKCS12',
        '-keystore',
        at('web.p12'),
        '-storepass:file',
        at('p12.password'),
      ]
      expect(await must(['keytool', '-list', ...store])).toMatch(/web, .*PrivateKeyEntry/)
    }

    writeFileSync(at('p12.password'), 'another\n')
    expect(await plan()).toEqual(['file-drift'])
    await renew()
    expect(await must([...opened, '-nodes'])).toContain(pair.keyPem)
    expect(readFileSync(at('first.pem'), 'utf8')).toBe(pair.certPem)
  })

  test('without its password nothing is touched, and nobody is told it', async () => {
    writeFileSync(at('p12.password'), 's\u00e9cret of web\n', { mode: 0o600 })
    configure([...FILES, P12])
    expect(await plan()).toEqual(['no-password'])
    const { exit, stdout, stderr } = await keyroller('renew')
    expect(exit).not.toBe(0)
    expect(`${stdout}${stderr}`).toContain('expected a password of printable ASCII characters')
    expect(`${stdout}${stderr}`).not.toContain('cret of web')
    expect(existsSync(at('web.p12'))).toBe(false)
  })
})

function at(name: string): string {
  return join(dir, 'web', name)
}

function written(name: string, text: string): string {
  writeFileSync(join(dir, name), text)
  return join(dir, name)
}

/** Lines of `[certificate.web.files]` with names instead of paths. */
function configure(files: readonly string[]): void {
  const lines = files.map((line) => line.replaceAll(/"([\w-]+\.\w+)"/g, (_, name: string) => `"${at(name)}"`))
  const issued = 'role = "web"\ncommon_name = "web.example"\n'
  written(
    'keyroller.toml',
    `[vault]
address = "https://127.0.0.1:9"
ca_file = "${dir}/ca.pem"
[pki]
mount = "pki"
trust_file = "${dir}/ca.pem"
[renewal]
renew_at = "9/10"
[host]
state_dir = "${dir}/state"
runtime_dir = "${dir}/run"
[identity.agent]
mapping = "agent"
${issued}files = { key = "${dir}/agent.key", cert = "${dir}/agent.pem" }
[certificate.web]
identity = "agent"
${issued}[certificate.web.files]
${lines.join('\n')}
`,
  )
}

/** Runs keyroller for the certificate alone: nothing of it may need Vault. */
function keyroller(...args: string[]) {
  return runKeyroller([...args, 'certificate/web', '--config', join(dir, 'keyroller.toml')])
}

async function renew(): Promise<void> {
  const { exit, stderr, stdout } = await keyroller('renew')
  expect([exit, `${stdout}${stderr}`]).toEqual([0, expect.not.stringContaining('FAIL')])
  expect(existsSync(join(dir, 'state/journal.json'))).toBe(false)
}

async function plan(): Promise<string[]> {
  const { stdout } = await keyroller('plan', '--json')
  return JSON.parse(stdout).decisions.map(({ reason }: { reason: string }) => reason)
}

function haproxyConf(pem: string): string {
  return `defaults
  mode http
  timeout client 1s
  timeout server 1s
  timeout connect 1s
frontend web
  bind 127.0.0.1:8443 ssl crt ${pem}
  http-request return status 200
`
}

function nginxConf(pem: string): string {
  return `pid ${dir}/nginx.pid;
error_log stderr;
events {}
http { server { listen 127.0.0.1:8443 ssl; ssl_certificate ${pem}; ssl_certificate_key ${pem}; access_log off; } }
`
}
