/**
 * The text formats of the configuration: one pattern and one phrase each. The phrase is what a problem says was expected.
 * Whatever ends up in a URL path towards Vault is allow-listed here: `pki/../sys` must never reach a request.
 */
import { isIP, isIPv6, SocketAddress } from 'node:net'
import { normalize } from 'node:path'
import * as z from 'zod/mini'
import type { ProbeAddress } from '../core/consumers/probe.ts'
import { TRUST_DOMAIN_FORM } from '../core/consumers/spiffe.ts'
import { parseDuration } from '../core/duration.ts'

const SEGMENT = '[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?'
const DNS_LABEL = '[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?'

function matching(pattern: RegExp, expected: string) {
  return z.string({ error: expected }).check(z.regex(pattern, { error: expected }))
}

function accepted(test: (text: string) => boolean, expected: string) {
  return z.string({ error: expected }).check(z.refine(test, { error: expected }))
}

export const materialName = matching(
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
  'a name of letters, digits, dot, dash, underscore',
)
export const mountPath = matching(
  new RegExp(`^${SEGMENT}(?:/${SEGMENT})*$`),
  'a mount path like pki-prod or team/pki',
)
export const secretPath = matching(
  new RegExp(`^${SEGMENT}(?:/${SEGMENT})*$`),
  'a path in a mount like app/db',
)
export const fieldName = matching(/^[^\p{C}]{1,128}$/u, 'the name of a field')
export const vaultName = matching(
  new RegExp(`^${SEGMENT}$`),
  'a Vault name of letters, digits, dot, dash, underscore',
)
export const namespace = matching(
  new RegExp(`^${SEGMENT}(?:/${SEGMENT})*/?$`),
  'a namespace like team-a or team-a/web',
)
export const commonName = matching(
  /^[\x21-\x7e][\x20-\x7e]{0,63}$/,
  'a common name of at most 64 printable characters',
)
export const dnsName = matching(new RegExp(`^(?:\\*\\.)?${DNS_LABEL}(?:\\.${DNS_LABEL})*$`), 'a DNS name')
export const ipAddress = accepted(isIpAddress, 'an IPv4 or IPv6 address')
export const uri = accepted(isUri, 'a URI with a scheme, like spiffe://example.org/web')
export const email = accepted(isEmail, 'an email address like ops@example.com')
export const httpsAddress = accepted(
  isHttpsAddress,
  'an https:// address without path, like https://vault.example.com:8200',
)
export const absolutePath = accepted(isAbsolutePath, 'an absolute path without . or .. or doubled slashes')
/** The collector reads no other. */
export const prometheusFile = accepted(
  (text) => isAbsolutePath(text) && text.endsWith('.prom'),
  'an absolute path that ends in .prom',
)
export const duration = accepted(
  (text) => parseDuration(text) !== undefined,
  'a duration like 30s, 72h or 30d',
)
export const timeout = accepted(isTimeout, 'a duration of at most 1d, like 30s')
export const renewAt = accepted(isRenewAt, 'a fraction like 2/3 between 1/2 and 1, or a duration like 7d')
export const spread = accepted(isSpread, 'a fraction between 0 and 1/4, like 1/20')
export const mode = matching(/^0?[0-7]{3}$/, 'a mode in octal as text, like "0640"')
export const listener = accepted(
  (text) => parseListener(text) !== undefined,
  'HOST:PORT or unix:/PATH, like 127.0.0.1:443, [::1]:443 or unix:/run/web.sock',
)
/** A protocol of RFC 7301 that can be written as text; the wire form ends at 255 bytes. */
export const alpnName = matching(/^[\x21-\x7e]{1,255}$/, 'a protocol name like h2 or http/1.1')
export const pairedId = matching(
  /^(?:identity|certificate)\/[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
  'identity/NAME or certificate/NAME',
)
export const trustDomain = matching(
  TRUST_DOMAIN_FORM,
  'a trust domain in lower case without scheme and path, like example.org',
)
export const containerName = matching(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, 'a container name')
/** KEY or KEY=VALUE. No question mark in the value: in a target's text the signal begins with it. */
export const LABEL_FORM = /^([A-Za-z0-9][A-Za-z0-9._/-]*)(?:=([\x20-\x3e\x40-\x7e]*))?$/
export const containerLabel = matching(LABEL_FORM, 'a label like KEY or KEY=VALUE')
export const unitName = matching(
  /^[A-Za-z0-9:_.\\@-]+\.(?:service|socket|path|timer|target)$/,
  'a unit name with its suffix, like nginx.service',
)

/** No question mark: in a target's text its options begin with it. */
export const pidFile = accepted(
  (text) => isAbsolutePath(text) && !text.includes('?'),
  'the absolute path of a pid file, without a question mark',
)
/** As long as the kernel takes (unix(7)). */
export const socketPath = accepted(
  (text) => isAbsolutePath(text) && !text.includes('?') && Buffer.byteLength(text) <= 107,
  'the absolute path of a socket, of at most 107 bytes and without a question mark',
)
export const oneLineText = matching(/^[\x20-\x7e]{1,512}$/, 'one line of at most 512 printable characters')
export const httpsUrl = accepted(
  (text) => text.startsWith('https://') && isHttpUrl(text),
  'a URL like https://alerts.example.com/keyroller, without user and fragment',
)
export const httpUrl = accepted(
  isHttpUrl,
  'a URL like http://127.0.0.1:8080/reload, without user and fragment',
)

export const controlPlaneText = accepted(
  (text) => text === 'vault' || isHttpUrl(text),
  '"vault", a URL, or a table with url and ca_file',
)

/** Of systemd.exec(5), `LoadCredential=`. */
export const credentialName = matching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/, 'the name of a credential')

export const materialId = matching(
  /^(?:identity|certificate|bundle|secret|keyset)\/\S+$/,
  'a material like certificate/web',
)
export const fileKeyText = matching(/^[^\p{C}]{1,140}$/u, 'a key of its files, like key or raw.PASSWORD')
export const serviceName = matching(/^[A-Za-z0-9:_.@\\-]{1,240}\.service$/, 'a service like web.service')
export const userName = matching(/^(?:\d{1,10}|[a-z_][a-z0-9_.-]*)$/i, 'an account, by name or number')

export const program = z.tuple([absolutePath], z.string(), {
  error: 'a list: the absolute path of a program, its arguments',
})
/** As environ(7) and every shell take it. */
export const variableName = matching(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'the name of a variable')

const PRINCIPAL = { error: 'an account or group, by name or number' }
const MAX_ID = 4_294_967_294

export const principal = z.union(
  [
    z.int(PRINCIPAL).check(z.minimum(0, PRINCIPAL), z.maximum(MAX_ID, PRINCIPAL)),
    z.string(PRINCIPAL).check(
      z.regex(/^(?:\d{1,10}|[a-z_][a-z0-9_.-]*\$?)$/i, PRINCIPAL),
      z.refine((text) => !(Number(text) > MAX_ID), PRINCIPAL),
    ),
  ],
  PRINCIPAL,
)

/** RFC 3986 knows printable ASCII only; the parser of URL would pass over line breaks. */
function isUri(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:[\x21-\x7e]+$/i.test(text) && URL.canParse(text)
}

/** Dot-atom and domain (RFC 5321 §4.1.2), which is all that rfc822Name holds (RFC 5280 §4.2.1.6); no comma, which Vault splits at. */
function isEmail(text: string): boolean {
  const match = /^([\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*)@([^@*]+)$/.exec(text)
  return (
    match?.[1] !== undefined &&
    match[1].length <= 64 &&
    text.length <= 254 &&
    dnsName.safeParse(match[2]).success
  )
}

/** The whole text, because the parser of URL passes over much: a lone `?` would swallow the path of every request. */
function isHttpsAddress(text: string): boolean {
  return /^https:\/\/[^/?#@\\\s]+\/?$/i.test(text) && URL.canParse(text)
}

/** No user: a password would stand in every message. The fragment is where the text of a target has its options. */
function isHttpUrl(text: string): boolean {
  return /^https?:\/\/[^/?#@\\\s]+(?:[/?][\x21\x22\x24-\x7e]*)?$/.test(text) && URL.canParse(text)
}

function isAbsolutePath(text: string): boolean {
  return text.startsWith('/') && normalize(text) === text && !text.endsWith('/') && !/\p{Cc}/u.test(text)
}

/** No zone, which no certificate can hold, and no IPv4 address in the clothes of an IPv6 one. */
function isIpAddress(text: string): boolean {
  if (isIP(text) === 0 || text.includes('%')) return false
  return !isIPv6(text) || !oneSpelling(text).includes('.')
}

/** As every certificate's address is spelled when it is compared (RFC 5952). */
export function oneSpelling(address: string): string {
  return isIPv6(address) ? new SocketAddress({ address, family: 'ipv6' }).address : address
}

/** Node's timers end at 24.8 days, and fire at once beyond. */
function isTimeout(text: string): boolean {
  const ms = parseDuration(text)
  return ms !== undefined && ms <= 86_400_000
}

/** The milliseconds of a text that the schema has let through. */
export function durationMs(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined) throw new Error(`the schema let a duration through that is none: ${text}`)
  return ms
}

/** What a program and its arguments are called: the form that a reload target is written in, too. */
export function execText(argv: readonly [string, ...string[]]): string {
  return argv.length === 1 ? `exec:${argv[0]}` : `exec:${JSON.stringify(argv)}`
}

/** Where something listens: a port, or a socket in the file system (its path at most 107 bytes, unix(7)); or undefined. */
export function parseListener(text: string): ProbeAddress | undefined {
  const [, path] = /^unix:(.*)$/.exec(text) ?? []
  if (path === undefined) return parseEndpoint(text)
  return isAbsolutePath(path) && Buffer.byteLength(path) <= 107 ? { path } : undefined
}

/** Host and port of `HOST:PORT`, brackets of an IPv6 address taken off; or undefined. */
function parseEndpoint(text: string): { host: string; port: number } | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):([1-9]\d{0,4})$/.exec(text)
  const port = Number(match?.[3])
  const host = match?.[1] ?? match?.[2]
  if (host === undefined || port > 65_535 || (match?.[1] !== undefined && !isIPv6(host))) return undefined
  return { host, port }
}

/** `2/3` as a number, or undefined. */
export function parseFraction(text: string): number | undefined {
  const match = /^(\d{1,4})\/([1-9]\d{0,3})$/.exec(text)
  return match ? Number(match[1]) / Number(match[2]) : text === '0' ? 0 : undefined
}

function isRenewAt(text: string): boolean {
  const fraction = parseFraction(text)
  return fraction === undefined ? parseDuration(text) !== undefined : fraction >= 0.5 && fraction < 1
}

function isSpread(text: string): boolean {
  const fraction = parseFraction(text)
  return fraction !== undefined && fraction <= 0.25
}
