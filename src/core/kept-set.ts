/**
 * Sets of files that were replaced and are kept for a while, to go back to. Each is one file in the state directory, and its
 * name says all that a plan wants to know, so that one readdir(3) is enough and no key is opened for it.
 */
import type { EpochMs } from './epoch-ms.ts'
import { MATERIAL_KINDS, type MaterialId, type MaterialKind } from './material.ts'
import { isMoment } from './shape.ts'

export interface KeptSet {
  readonly fileName: string
  readonly material: MaterialId
  /** When it was replaced. */
  readonly keptAtMs: EpochMs
  /** Unset when it holds no certificate with its key: there is nothing to go back to. */
  readonly certificate?: KeptCertificate
}

/** One with a pair: what `rollback` can go back to. */
export type ReadableSet = KeptSet & { readonly certificate: KeptCertificate }

export interface KeptCertificate {
  /** As in `CertificateFacts`. */
  readonly serial: string
  readonly notBeforeMs: EpochMs
  readonly notAfterMs: EpochMs
}

/** In seconds where a certificate has no finer ones (RFC 5280 §4.1.2.5). */
export function keptSetName({ material, keptAtMs, certificate }: Omit<KeptSet, 'fileName'>): string {
  const what = certificate
    ? `${certificate.serial}.${certificate.notBeforeMs / 1000}.${certificate.notAfterMs / 1000}`
    : UNREAD
  return `${material.replace('/', '-')}.${what}.${keptAtMs}.json`
}

/** Undefined for every name that `keptSetName` does not give. */
export function parseKeptSetName(fileName: string): KeptSet | undefined {
  const { kind, name, serial, from, until, keptAt } = NAME.exec(fileName)?.groups ?? {}
  const [keptAtMs, notBeforeMs, notAfterMs] = [Number(keptAt), Number(from) * 1000, Number(until) * 1000]
  if (!isMoment(keptAtMs)) return undefined
  const set = { fileName, material: `${kind as MaterialKind}/${name}` as const, keptAtMs }
  if (serial === undefined) return set
  if (!isMoment(notBeforeMs) || !isMoment(notAfterMs)) return undefined
  return { ...set, certificate: { serial, notBeforeMs, notAfterMs } }
}

const UNREAD = 'unread'

/** From the right: a material's name may hold dots and dashes. */
const NAME = new RegExp(
  `^(?<kind>${MATERIAL_KINDS.join('|')})-` +
    /(?<name>.+)\.(?:unread|(?<serial>[0-9a-f]+)\.(?<from>-?\d+)\.(?<until>-?\d+))\.(?<keptAt>\d+)\.json$/
      .source,
)

export function isReadable(set: KeptSet): set is ReadableSet {
  return set.certificate !== undefined
}

/** `4A:11`, `04a11` and `4a11` are one. */
export function isSerial({ serial }: KeptCertificate, asked: string): boolean {
  const bare = (text: string) => text.toLowerCase().replaceAll(':', '').replace(/^0+/, '')
  return bare(serial) === bare(asked)
}
