/** A host on which nothing is due: the state in which keyroller runs nearly always. */
import 'reflect-metadata'
import { generateKeyPairSync, type KeyObject, webcrypto } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  BasicConstraintsExtension,
  type Extension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'
import { stringify } from 'smol-toml'

const YEAR_MS = 365 * 24 * 3_600_000

/** Lays out `dir` and returns the path of its configuration. */
export async function settledHost(dir: string): Promise<string> {
  for (const part of ['state', 'run']) mkdirSync(join(dir, part), { recursive: true, mode: 0o700 })
  const root = await selfSigned('rehearsal root')
  const trustFile = put(join(dir, 'root.pem'), root.pem)
  const identity = { ...(await material(dir, 'agent.test', root)), mapping: 'rehearsal' }
  const certificate = { ...(await material(dir, 'app.test', root)), identity: 'app' }
  const config = {
    vault: { address: 'https://vault.test:8200', ca_file: trustFile },
    pki: { mount: 'pki', trust_file: trustFile },
    host: { state_dir: join(dir, 'state'), runtime_dir: join(dir, 'run') },
    identity: { app: identity },
    certificate: { app: { ...certificate, reload: ['podman:label=tls=true', 'systemd:app.service'] } },
  }
  return put(join(dir, 'keyroller.toml'), stringify(config))
}

interface Authority {
  readonly name: string
  readonly pem: string
  readonly key: webcrypto.CryptoKey
}

async function selfSigned(name: string): Promise<Authority> {
  const pair = newPair()
  const key = await signingKey(pair.privateKey)
  const isCa = new BasicConstraintsExtension(true, 0, true)
  const pem = await certificate({
    subject: name,
    publicKey: pair.publicKey,
    issuer: name,
    key,
    extension: isCa,
  })
  return { name, pem, key }
}

async function material(dir: string, name: string, issuer: Authority): Promise<object> {
  const { privateKey, publicKey } = newPair()
  const extension = new SubjectAlternativeNameExtension([{ type: 'dns', value: name }])
  const pem = await certificate({ subject: name, publicKey, issuer: issuer.name, key: issuer.key, extension })
  const keyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const files = {
    key: put(join(dir, `${name}.key`), keyPem, 0o600),
    fullchain: put(join(dir, `${name}.pem`), pem),
  }
  return { role: 'rehearsal', common_name: name, files }
}

interface CertificateParts {
  readonly subject: string
  readonly publicKey: KeyObject
  readonly issuer: string
  readonly key: webcrypto.CryptoKey
  readonly extension: Extension
}

async function certificate(parts: CertificateParts): Promise<string> {
  const now = Date.now()
  const signed = await X509CertificateGenerator.create({
    subject: [{ CN: [parts.subject] }],
    issuer: [{ CN: [parts.issuer] }],
    publicKey: parts.publicKey.export({ type: 'spki', format: 'der' }),
    signingKey: parts.key,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    notBefore: new Date(now - 1000),
    notAfter: new Date(now + YEAR_MS),
    extensions: [parts.extension],
  })
  return `${signed.toString('pem')}\n`
}

function newPair(): { privateKey: KeyObject; publicKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
}

function signingKey(key: KeyObject): Promise<webcrypto.CryptoKey> {
  const der = key.export({ type: 'pkcs8', format: 'der' })
  return webcrypto.subtle.importKey('pkcs8', der, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])
}

function put(path: string, text: string, mode = 0o644): string {
  writeFileSync(path, text, { mode })
  return path
}
