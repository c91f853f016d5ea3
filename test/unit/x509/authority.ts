/** Certificates of every sound and broken kind, made in memory by @peculiar/x509. */
import 'reflect-metadata'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  type Extension,
  type JsonNameParams,
  Name,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'
import { type ParsedCertificate, parseCertificate } from '../../../src/x509/certificate-facts.ts'
import { toPem } from '../../../src/x509/pem.ts'

export interface Holder {
  readonly name: JsonNameParams
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

export interface Issued extends Holder {
  readonly keyPem: string
  readonly certPem: string
  readonly parsed: ParsedCertificate
}

export interface Order {
  readonly commonName: string
  /** The whole name, when it is more than one common name. */
  readonly name?: JsonNameParams
  /** Unset: signs itself. */
  readonly issuer?: Holder
  /** Unset: a new name and a new P-256 key. */
  readonly holder?: Holder
  readonly isCa?: boolean
  readonly altNames?: readonly { readonly type: 'dns' | 'ip' | 'url' | 'email'; readonly value: string }[]
  readonly usages?: readonly string[]
  /** Of the signature; unset is SHA-256. */
  readonly hash?: 'SHA-1' | 'SHA-256'
  readonly notBeforeMs?: number
  readonly notAfterMs?: number
}

export const NOW_MS = Date.parse('2026-06-01T12:00:00Z')
export const DAY_MS = 86_400_000

/** From ten days ago to twenty days from `NOW_MS`, unless said otherwise. */
export async function issue(order: Order): Promise<Issued> {
  const holder = order.holder ?? newHolder(order.name ?? [{ CN: [{ utf8String: order.commonName }] }])
  const issuer = order.issuer ?? holder
  const certificate = await X509CertificateGenerator.create({
    serialNumber: Buffer.from(crypto.getRandomValues(new Uint8Array(15)))
      .toString('hex')
      .replace(/^./, '4'),
    subject: new Name(holder.name),
    issuer: new Name(issuer.name),
    notBefore: new Date(order.notBeforeMs ?? NOW_MS - 10 * DAY_MS),
    notAfter: new Date(order.notAfterMs ?? NOW_MS + 20 * DAY_MS),
    signingAlgorithm: { name: 'ECDSA', hash: order.hash ?? 'SHA-256' },
    publicKey: holder.publicKey.toCryptoKey(ECDSA, true, ['verify']),
    signingKey: issuer.privateKey.toCryptoKey(ECDSA, true, ['sign']),
    extensions: extensionsOf(order),
  })
  const der = Buffer.from(certificate.rawData)
  return {
    ...holder,
    keyPem: holder.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certPem: toPem('CERTIFICATE', der),
    parsed: parseCertificate(der),
  }
}

export function authority(commonName: string, order: Partial<Order> = {}): Promise<Issued> {
  return issue({ commonName, isCa: true, ...order })
}

export function newHolder(name: JsonNameParams): Holder {
  return { name, ...generateKeyPairSync('ec', { namedCurve: 'prime256v1' }) }
}

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256' }

function extensionsOf({ isCa = false, altNames = [], usages = [] }: Order): Extension[] {
  return [
    new BasicConstraintsExtension(isCa, undefined, true),
    ...(altNames.length > 0 ? [new SubjectAlternativeNameExtension([...altNames])] : []),
    ...(usages.length > 0 ? [new ExtendedKeyUsageExtension([...usages])] : []),
  ]
}
