/**
 * Private keys in the forms that consumers ask for and other tools leave: PKCS#8 (RFC 5958), PKCS#1 (RFC 8017 §A.1.2), SEC1
 * (RFC 5915). All are accepted, one is written.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto'
import type { KeyFormat } from '../core/material.ts'
import type { PemBlock } from './pem.ts'

const FORM_OF_LABEL: ReadonlyMap<string, 'pkcs8' | 'pkcs1' | 'sec1'> = new Map([
  ['PRIVATE KEY', 'pkcs8'],
  ['RSA PRIVATE KEY', 'pkcs1'],
  ['EC PRIVATE KEY', 'sec1'],
])

/** The one key these blocks are, without a passphrase. Throws when they are anything else. */
export function readKey(blocks: readonly PemBlock[]): KeyObject {
  const [block, ...more] = withoutCurve(blocks)
  const type = block && FORM_OF_LABEL.get(block.label)
  if (!type || more.length > 0) throw new Error('expected one private key in PEM')
  return createPrivateKey({ key: block.der, format: 'der', type })
}

/** `openssl ecparam -genkey` names the curve in a block of its own in front of the SEC1 key, which names it again. */
function withoutCurve(blocks: readonly PemBlock[]): readonly PemBlock[] {
  const [first, second] = blocks
  return first?.label === 'EC PARAMETERS' && second?.label === 'EC PRIVATE KEY' ? blocks.slice(1) : blocks
}

/** A PKCS#8 key in the form of its file; undefined when keys of this type have no such form. */
export function writeKey(keyPem: string, format: KeyFormat): string | undefined {
  if (format === 'pkcs8') return keyPem
  const key = createPrivateKey(keyPem)
  const family = format === 'pkcs1' ? 'rsa' : 'ec'
  return key.asymmetricKeyType === family ? key.export({ type: format, format: 'pem' }).toString() : undefined
}
