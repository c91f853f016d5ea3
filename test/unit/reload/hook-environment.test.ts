import { expect, test } from 'vitest'
import type { FileSpec } from '../../../src/core/file-spec.ts'
import type { Certificate } from '../../../src/core/material.ts'
import { hookEnvironment } from '../../../src/reload/hook-environment.ts'

test('one certificate: its names, domains and files, and a lineage for deploy hooks of certbot', () => {
  expect(hookEnvironment([certificate('web', '/srv/web/tls', ['www.example.com'])])).toEqual({
    KEYROLLER_MATERIALS: 'certificate/web',
    KEYROLLER_DOMAINS: 'web.example.com www.example.com',
    KEYROLLER_FILES: '/srv/web/tls/privkey.pem\n/srv/web/tls/fullchain.pem',
    RENEWED_DOMAINS: 'web.example.com www.example.com',
    RENEWED_LINEAGE: '/srv/web/tls',
  })
})

test('two certificates in two directories have no single lineage, so none is given', () => {
  const environment = hookEnvironment([certificate('web', '/srv/web'), certificate('mail', '/srv/mail')])
  expect(environment).not.toHaveProperty('RENEWED_LINEAGE')
  expect(environment.RENEWED_DOMAINS).toBe('web.example.com mail.example.com')
  expect(environment.KEYROLLER_MATERIALS).toBe('certificate/web certificate/mail')
})

test('two certificates in one directory share it, and a domain of both is named once', () => {
  const changed = [certificate('web', '/srv/tls'), certificate('api', '/srv/tls', ['web.example.com'])]
  expect(hookEnvironment(changed)).toMatchObject({
    RENEWED_LINEAGE: '/srv/tls',
    KEYROLLER_DOMAINS: 'web.example.com api.example.com',
  })
})

test('a common name with spaces is no domain', () => {
  const web = certificate('web', '/srv/web')
  const changed = { ...web, issuance: { ...web.issuance, commonName: 'Example Web Server' } }
  expect(hookEnvironment([changed]).RENEWED_DOMAINS).toBe('')
})

test('nothing but these variables', () => {
  const names = Object.keys(hookEnvironment([certificate('web', '/srv/web')]))
  expect(names.filter((name) => !/^(KEYROLLER|RENEWED)_/.test(name))).toEqual([])
})

function certificate(name: string, directory: string, dnsNames: readonly string[] = []): Certificate {
  return {
    kind: 'certificate',
    id: `certificate/${name}`,
    name,
    identity: 'identity/host',
    issuance: {
      pkiMount: 'pki',
      role: 'web',
      commonName: `${name}.example.com`,
      dnsNames,
      ipAddresses: [],
      uris: [],
      emails: [],
      subject: {},
      reuseKey: false,
      keyType: 'ec-p256',
      trustFile: '/etc/keyroller/root.pem',
    },
    renewAt: { kind: 'fraction', of: 2 / 3 },
    ephemeral: false,
    server: {},
    layout: 'files',
    files: [file('key', `${directory}/privkey.pem`), file('fullchain', `${directory}/fullchain.pem`)],
    reload: [],
    probes: [],
    onUnserved: 'keep',
  }
}

function file(role: FileSpec['role'], path: string): FileSpec {
  return { role, path, mode: 0o600, owner: { kind: 'self' }, group: { kind: 'self' } }
}
