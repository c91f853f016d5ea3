/**
 * Private keys in the forms that consumers ask for and other tools leave: PKCS#8 (RFC 5958), PKCS#1 (RFC 8017 §A.1.2), SEC1
 * (RFC 5915). All are accepted, one is written.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto'
import type { FileFormat } from '../core/file-spec.ts'
import { onlyBlock, type PemBlock } from './pem.ts'

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

/**
 * A key in DER as the block it would be in PEM. Behind the version the three forms differ in what comes next: the algorithm
 * (RFC 5958 §2), the modulus (RFC 8017 §A.1.2), the key as octets (RFC 5915 §3). Throws for any other value.
 */
export function derKeyBlock(der: Buffer): PemBlock {
  const length = der[1] ?? 0
  const version = length < 0x80 ? 2 : 2 + (length & 0x7f)
  const startsWithVersion = der[version] === 0x02 && der[version + 1] === 1
  const label = startsWithVersion ? LABEL_OF_TAG.get(der[version + 3]) : undefined
  if (!label) throw new Error('expected one private key in DER')
  return { label, der }
}

const LABEL_OF_TAG: ReadonlyMap<number | undefined, string> = new Map([
  [0x30, 'PRIVATE KEY'],
  [0x02, 'RSA PRIVATE KEY'],
  [0x04, 'EC PRIVATE KEY'],
])

/** A PKCS#8 key in the form of its file; undefined when keys of this type have no such form. */
export function writeKey(keyPem: string, format: FileFormat): Buffer | string | undefined {
  switch (format) {
    case 'pem':
    case 'pkcs8':
      return keyPem
    case 'der':
      return onlyBlock(keyPem, 'PRIVATE KEY')
    case 'pkcs1':
      return exportAs('pkcs1', 'rsa', keyPem)
    case 'sec1':
      return exportAs('sec1', 'ec', keyPem)
  }
}

function exportAs(type: 'pkcs1' | 'sec1', family: 'rsa' | 'ec', keyPem: string): string | undefined {
  const key = createPrivateKey(keyPem)
  return key.asymmetricKeyType === family ? key.export({ type, format: 'pem' }).toString() : undefined
}
