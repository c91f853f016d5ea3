import { KeyrollerError } from '../core/errors.ts'
import { parseChain } from './certificates.ts'
import type { TrustAnchors } from './chain.ts'

/**
 * The anchors of a trust file. Must hold at least one certificate, and only authorities: to OpenSSL an empty list can mean
 * the public web PKI, and a leaf as an anchor would trust one server for everything. Throws `config-invalid`.
 */
export function parseAnchors(text: string, path: string): TrustAnchors {
  try {
    const certificates = parseChain(text)
    if (certificates.length === 0) throw new Error('expected at least one certificate, found none')
    const leaf = certificates.find(({ facts }) => !facts.isCa)
    if (leaf)
      throw new Error(`expected only CA certificates, found ${leaf.facts.commonName || leaf.facts.serial}`)
    return { certificates, proved: new Set(), known: new Map() }
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : 'something unreadable'
    throw new KeyrollerError('config-invalid', `${path}: ${found}`, { cause })
  }
}

/** Without anchors key and leaf are still read: when a certificate ends is what an operator wants to know most. */
export function noAnchors(): TrustAnchors {
  return { certificates: [], proved: new Set(), known: new Map() }
}
