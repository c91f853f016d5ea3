/** What programs of everyday make of the files of a keyset. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterAll, expect, test } from 'vitest'
import type { FileSpec, KeysetForm, KeysetRole } from '../../../../src/core/file-spec.ts'
import { concreteFiles } from '../../../../src/core/keysets/files.ts'
import type { KeysetRecord } from '../../../../src/core/keysets/record.ts'
import { renderKeysetFile } from '../../../../src/x509/keysets/render-keyset.ts'
import { type Background, startBackground } from '../../../rig/background.ts'
import { must } from '../../../rig/command.ts'
import { freePort } from '../../../rig/free-port.ts'
import { makeServerCertificate, type ServerCertificate } from '../../../rig/server-certificate.ts'
import { waitFor } from '../../../rig/wait-for.ts'
import { fileSpec } from '../../../unit/core/builders.ts'
import { recordOf, stepOn } from '../../../unit/x509/keysets/records.ts'

const dir = mkdtempSync(join(tmpdir(), 'keyroller-keysets-'))
afterAll(() => rmSync(dir, { recursive: true }))

test.each(['ed25519', 'ec-p384', 'rsa-2048'] as const)('openssl reads %s', async (kind) => {
  const record = await recordOf(kind)
  const pem = write('pem', record)
  const publicPem = write('public_pem', record)
  expect(await must(['openssl', 'pkey', '-in', pem, '-pubout', '-check'])).toContain(
    await must(['openssl', 'pkey', '-pubin', '-in', publicPem]),
  )
  const [signed, signature] = [join(dir, 'signed'), join(dir, 'signature')]
  writeFileSync(signed, 'payload')
  await must(['openssl', 'pkeyutl', '-sign', ...raw(kind), '-inkey', pem, '-in', signed, '-out', signature])
  const verify = [
    '-verify',
    ...raw(kind),
    '-pubin',
    '-inkey',
    publicPem,
    '-in',
    signed,
    '-sigfile',
    signature,
  ]
  expect(await must(['openssl', 'pkeyutl', ...verify])).toContain('Verified Successfully')
})

/** Ed25519 signs no digest (RFC 8032 §5.1.6). */
function raw(kind: string): string[] {
  return kind === 'ed25519' ? ['-rawin'] : ['-rawin', '-digest', 'sha256']
}

test('sh reads a key over several lines, beside what stood in its file', async () => {
  const record = await recordOf('ed25519')
  const standing = Buffer.from('A="1\n2"\nKEY=old\n')
  const env = write('variable', record, { variable: 'KEY' }, standing)
  const seen = await must(['sh', '-c', '. "$1"; printf "%s|%s" "$A" "$KEY"', 'sh', env])
  expect(`${seen}\n`).toBe(`1\n2|${renderKeysetFile(spec('pem'), record, undefined)}`)
})

/**
 * Three servers of one fleet in the middle of a rotation: one has not switched yet, one has, and one is past the grace. Session tickets
 * (RFC 5077) are what they have been sealed with: first file of nginx.
 */
test('nginx takes session tickets of hosts that have switched already, or not yet, and none after the grace', async () => {
  const before = await recordOf('raw', 80)
  const after = stepOn(before)
  const past = {
    ...after,
    document: { ...after.document, versions: after.document.versions.filter(isActive) },
  }
  const ports = { before: await freePort(), after: await freePort(), past: await freePort() }
  const certificate = await makeServerCertificate(join(dir, 'tls'))
  const servers = [
    serverConf(ports.before, slotsOf(before, 'before'), certificate),
    serverConf(ports.after, slotsOf(after, 'after'), certificate),
    serverConf(ports.past, slotsOf(past, 'past'), certificate),
  ]
  nginx = startNginx(servers)
  const old = await waitFor('nginx', () => sessionOf(ports.before))
  const young = await sessionOf(ports.after)
  expect(await isResumed(ports.after, old)).toBe(true)
  expect(await isResumed(ports.before, young)).toBe(true)
  expect(await isResumed(ports.past, young)).toBe(true)
  expect(await isResumed(ports.past, old)).toBe(false)
})

let nginx: Background | undefined
afterAll(() => nginx?.stop())

function isActive({ state }: { readonly state: string }): boolean {
  return state === 'active'
}

/** As many as accept the most versions. */
function slotsOf(record: KeysetRecord, name: string): string[] {
  return [0, 1, 2, 3].map((slot) => write('slots', record, { slot }, undefined, `${name}-${slot}`))
}

function serverConf(
  port: number,
  slots: readonly string[],
  { certFile, keyFile }: ServerCertificate,
): string {
  const keys = slots.map((path) => `ssl_session_ticket_key ${path};`).join(' ')
  return `server { listen 127.0.0.1:${port} ssl; ssl_protocols TLSv1.2; ssl_certificate ${certFile};
ssl_certificate_key ${keyFile}; ssl_session_cache off; ssl_session_tickets on; ${keys} return 200; }`
}

function startNginx(servers: readonly string[]): Background {
  const conf = join(dir, 'nginx.conf')
  writeFileSync(
    conf,
    `daemon off; user root; worker_processes 1; pid ${dir}/nginx.pid; error_log stderr;
events {} http { access_log off; ${servers.join('\n')} }`,
  )
  mkdirSync(join(dir, 'prefix'))
  const argv = ['nginx', '-p', join(dir, 'prefix'), '-c', conf] as const
  return startBackground([...argv], { logFile: join(dir, 'nginx.log'), env: process.env })
}

function sessionOf(port: number): Promise<Buffer> {
  return handshake(port).then(({ session }) => session)
}

function isResumed(port: number, session: Buffer): Promise<boolean> {
  return handshake(port, session).then(({ isReused }) => isReused)
}

function handshake(port: number, session?: Buffer): Promise<{ session: Buffer; isReused: boolean }> {
  return new Promise((resolve, reject) => {
    const trusted = { host: '127.0.0.1', port, rejectUnauthorized: false, timeout: 10_000 }
    const socket = connect({ ...trusted, ...(session ? { session } : {}) })
    socket.once('secureConnect', () => {
      const isReused = socket.isSessionReused()
      const made = socket.getSession()
      socket.destroy()
      if (made) resolve({ session: made, isReused })
      else reject(new Error('expected a session, found none'))
    })
    socket.once('timeout', () => socket.destroy(new Error('expected a handshake within 10 s, found none')))
    socket.once('error', reject)
  })
}

function spec(role: KeysetRole, keys: KeysetForm = {}): FileSpec {
  return { ...fileSpec(role, 'tokens'), keys }
}

function write(
  role: KeysetRole,
  record: KeysetRecord,
  keys: KeysetForm = {},
  standing?: Buffer,
  name: string = role,
): string {
  const [file] = concreteFiles([spec(role, keys)], record.document)
  if (!file) throw new Error(`expected a ${role} file, found none`)
  const path = join(dir, name)
  writeFileSync(path, renderKeysetFile(file, record, standing), { mode: 0o600 })
  return path
}
