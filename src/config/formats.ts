/**
 * The text formats of the configuration: one pattern and one phrase each. The phrase is what a problem says was expected.
 * Whatever ends up in a URL path towards Vault is allow-listed here: `pki/../sys` must never reach a request.
 */
import { isIP } from 'node:net'
import { normalize } from 'node:path'
import * as z from 'zod/mini'
import { parseDuration } from '../core/duration.ts'

const SEGMENT = '[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?'
const DNS_LABEL = '[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?'

function matching(pattern: RegExp, expected: string) {
  return z.string().check(z.regex(pattern, { error: expected }))
}

function accepted(test: (text: string) => boolean, expected: string) {
  return z.string().check(z.refine(test, { error: expected }))
}

export const materialName = matching(
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
  'a name of letters, digits, dot, dash, underscore',
)
export const mountPath = matching(
  new RegExp(`^${SEGMENT}(?:/${SEGMENT})*$`),
  'a mount path like pki-prod or team/pki',
)
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
export const ipAddress = accepted((text) => isIP(text) !== 0, 'an IPv4 or IPv6 address')
export const uri = accepted(isUri, 'a URI with a scheme, like spiffe://example.org/web')
export const httpsAddress = accepted(
  isHttpsAddress,
  'an https:// address without path, like https://vault.example.com:8200',
)
export const absolutePath = accepted(isAbsolutePath, 'an absolute path without . or .. or doubled slashes')
export const duration = accepted(
  (text) => parseDuration(text) !== undefined,
  'a duration like 30s, 72h or 30d',
)
export const renewAt = accepted(isRenewAt, 'a fraction like 2/3 between 1/2 and 1, or a duration like 7d')
export const spread = accepted(isSpread, 'a fraction between 0 and 1/4, like 1/20')
export const mode = matching(/^0?[0-7]{3}$/, 'a mode in octal as text, like "0640"')
export const endpoint = matching(
  /^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):\d{1,5}$/,
  'HOST:PORT, like 127.0.0.1:443',
)
export const containerName = matching(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, 'a container name')
export const unitName = matching(
  /^[A-Za-z0-9:_.\\@-]+\.(?:service|socket|path|timer|target)$/,
  'a unit name with its suffix, like nginx.service',
)

export const principal = z.union(
  [
    z.int().check(z.minimum(0), z.maximum(4_294_967_294)),
    z.string().check(z.regex(/^(?:\d{1,10}|[a-z_][a-z0-9_.-]*\$?)$/i)),
  ],
  { error: 'an account or group, by name or number' },
)

function isUri(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:/i.test(text) && URL.canParse(text)
}

function isHttpsAddress(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, pathname, search, hash, username, password } = new URL(text)
  return protocol === 'https:' && pathname === '/' && search + hash + username + password === ''
}

function isAbsolutePath(text: string): boolean {
  return text.startsWith('/') && normalize(text) === text && !text.endsWith('/') && !text.includes('\0')
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
