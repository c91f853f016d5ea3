/** Secrets that must come out nowhere, in the forms in which they could, and who finds them. */
import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'

export interface Canary {
  /** What it is, for who reads that it was found. */
  readonly kind: string
  readonly text: string
}

/** Whatever a test does not know by value shows by its form. */
const FORMS: readonly (readonly [string, RegExp])[] = [
  ['a token of Vault', /\bhv[sb]\.[A-Za-z0-9_-]{20,}/],
  ['PEM of a private key', /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/],
  ['PEM of a signing request', /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----/],
]

/** Which secrets are where: `SINK: KIND`, each once. */
export function findCanaries(sinks: ReadonlyMap<string, string>, canaries: readonly Canary[]): string[] {
  const found = [...sinks].flatMap(([sink, text]) => [
    ...canaries.filter((canary) => text.includes(canary.text)).map(({ kind }) => `${sink}: ${kind}`),
    ...FORMS.filter(([, form]) => form.test(text)).map(([kind]) => `${sink}: ${kind}`),
  ])
  return [...new Set(found)]
}

/** A value as it is, as JSON writes it, in hex and in base64. */
export function valueCanaries(kind: string, value: string): Canary[] {
  const bytes = Buffer.from(value)
  const forms = [value, JSON.stringify(value).slice(1, -1), bytes.toString('hex'), bytes.toString('base64')]
  return forms.map((text) => ({ kind, text }))
}

/** The lines of its body, its DER in hex, and the secret part of that alone. */
export function keyCanaries(kind: string, pem: string): Canary[] {
  const key = createPrivateKey(pem)
  const { d = '' } = key.export({ format: 'jwk' })
  const secret = Buffer.from(d, 'base64url')
  const texts = [
    ...bodyLines(pem),
    key.export({ format: 'der', type: 'pkcs8' }).toString('hex'),
    ...[secret.toString('hex'), secret.toString('base64'), d],
  ]
  return texts.map((text) => ({ kind, text }))
}

/** Every token, secret id and signing request that went to Vault or came from it, of an audit log in clear. */
export function auditedCanaries(auditLogPath: string, since: number): Canary[] {
  const lines = readFileSync(auditLogPath).subarray(since).toString().split('\n')
  const found = lines.filter((line) => line !== '').flatMap((line) => secretsOf(JSON.parse(line)))
  return [...new Map(found.map((canary) => [canary.text, canary])).values()]
}

function secretsOf(value: unknown): Canary[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => {
    if (typeof inner !== 'string') return secretsOf(inner)
    if (key === 'csr') return requestCanaries(inner)
    const isSecret = key === 'client_token' || key === 'token' || key === 'secret_id'
    return isSecret && inner !== '' ? [{ kind: key, text: inner }] : []
  })
}

/** Only of its signature, at its end: the names and the public key before it are in the certificate, too. */
function requestCanaries(pem: string): Canary[] {
  return bodyLines(pem)
    .slice(-1)
    .map((text) => ({ kind: 'csr', text }))
}

/** Without a last line too short to be anybody's own. */
function bodyLines(pem: string): string[] {
  return pem.split('\n').filter((line) => line.length >= 40 && !line.startsWith('-----'))
}
