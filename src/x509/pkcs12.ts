/**
 * PKCS#12 (RFC 7292): the key under PBES2 (RFC 8018: PBKDF2 with HMAC-SHA-256, AES-256-CBC), the certificates in the clear
 * because they are public, a MAC over both. Encoded here, like signing requests: what libraries write differs at every
 * writing, and then a file on disk could not be told from a stale one without its password and a parser.
 */
import { createCipheriv, createHmac, hash, pbkdf2Sync } from 'node:crypto'
import { contextTag, der, TAG } from './der.ts'

export interface Pkcs12Content {
  /** PKCS#8 in DER. */
  readonly key: Buffer
  /** In DER, the leaf first. */
  readonly certificates: readonly Buffer[]
}

export interface Pkcs12Lock {
  /** Printable ASCII: it goes in as UTF-16 for the MAC and as UTF-8 for the key, and consumers differ on all else. */
  readonly password: string
  /** friendlyName of key and leaf; the alias in a Java key store. */
  readonly name: string
}

/** The same content and lock give the same bytes. */
export function writePkcs12(content: Pkcs12Content, lock: Pkcs12Lock): Buffer {
  const salts = deriveSalts(content, lock)
  const [leaf, ...chain] = content.certificates
  if (!leaf) throw new Error('a PKCS#12 file needs a certificate')
  const attributes = encodeAttributes(lock.name, leaf)
  const bags = [
    bag(SHROUDED_KEY_BAG, encryptKey(content.key, lock.password, salts), attributes),
    bag(CERT_BAG, certBag(leaf), attributes),
    ...chain.map((certificate) => bag(CERT_BAG, certBag(certificate))),
  ]
  const safe = sequence(dataContent(sequence(...bags)))
  const mac = createHmac('sha256', macKey(lock.password, salts.mac)).update(safe).digest()
  const digestInfo = sequence(sequence(SHA_256, NULL), octets(mac))
  return sequence(VERSION_3, dataContent(safe), sequence(digestInfo, octets(salts.mac), ITERATIONS))
}

/** As many as Java's keytool takes: a tenth of what stops a guesser, but the password lies on the same host as the file. */
const ITERATION_COUNT = 10_000
const ITERATIONS = Buffer.from('02022710', 'hex')
const VERSION_3 = Buffer.from('020103', 'hex')
const NULL = Buffer.from('0500', 'hex')

/** Object identifiers: pkcs-7 1, pkcs-12 10.1.2 and 10.1.3, pkcs-9 20, 21 and 22.1, PBES2, PBKDF2, HMAC, AES, SHA. */
const DATA = Buffer.from('06092a864886f70d010701', 'hex')
const SHROUDED_KEY_BAG = Buffer.from('060b2a864886f70d010c0a0102', 'hex')
const CERT_BAG = Buffer.from('060b2a864886f70d010c0a0103', 'hex')
const FRIENDLY_NAME = Buffer.from('06092a864886f70d010914', 'hex')
const LOCAL_KEY_ID = Buffer.from('06092a864886f70d010915', 'hex')
const X509_CERTIFICATE = Buffer.from('060a2a864886f70d01091601', 'hex')
const PBES2 = Buffer.from('06092a864886f70d01050d', 'hex')
const PBKDF2 = Buffer.from('06092a864886f70d01050c', 'hex')
const HMAC_SHA_256 = Buffer.from('06082a864886f70d0209', 'hex')
const AES_256_CBC = Buffer.from('060960864801650304012a', 'hex')
const SHA_256 = Buffer.from('0609608648016503040201', 'hex')

interface Salts {
  readonly key: Buffer
  readonly iv: Buffer
  readonly mac: Buffer
}

/**
 * Salts need to differ wherever anything else does, and an IV must not be foreseen; neither needs to be random. An HMAC keyed
 * with the private key over all that goes in gives both, and tells nobody without the key anything of the password.
 */
function deriveSalts({ key, certificates }: Pkcs12Content, { password, name }: Pkcs12Lock): Salts {
  const inputs = JSON.stringify([password, name, ...certificates.map((one) => one.toString('base64'))])
  const salt = (use: string) =>
    createHmac('sha256', key).update(`keyroller pkcs12 ${use}\0${inputs}`).digest().subarray(0, 16)
  return { key: salt('key'), iv: salt('iv'), mac: salt('mac') }
}

/** EncryptedPrivateKeyInfo (RFC 5958 §3). */
function encryptKey(key: Buffer, password: string, { key: salt, iv }: Salts): Buffer {
  const secret = pbkdf2Sync(Buffer.from(password, 'utf8'), salt, ITERATION_COUNT, 32, 'sha256')
  const cipher = createCipheriv('aes-256-cbc', secret, iv)
  const encrypted = Buffer.concat([cipher.update(key), cipher.final()])
  const derivation = sequence(PBKDF2, sequence(octets(salt), ITERATIONS, sequence(HMAC_SHA_256, NULL)))
  const algorithm = sequence(PBES2, sequence(derivation, sequence(AES_256_CBC, octets(iv))))
  return sequence(algorithm, octets(encrypted))
}

/** RFC 7292 appendix B.2 for 32 bytes of SHA-256, with its block of 64: one round, so that B.2.6 never comes into play. */
function macKey(password: string, salt: Buffer): Buffer {
  const purpose = Buffer.alloc(64, 3)
  const filled = [salt, utf16(`${password}\0`)].map((one) =>
    Buffer.alloc(Math.ceil(one.length / 64) * 64, one),
  )
  let key: Buffer = Buffer.concat([purpose, ...filled])
  for (let count = 0; count < ITERATION_COUNT; count += 1) key = hash('sha256', key, 'buffer')
  return key
}

/** The key is found by its certificate through a local key id, which both bear. In a SET OF by their bytes (X.690 §11.6). */
function encodeAttributes(name: string, leaf: Buffer): Buffer {
  const id = hash('sha1', leaf, 'buffer')
  const attributes = [
    sequence(FRIENDLY_NAME, der(TAG.set, der(TAG.bmpString, utf16(name)))),
    sequence(LOCAL_KEY_ID, der(TAG.set, octets(id))),
  ]
  return der(TAG.set, ...attributes.toSorted(Buffer.compare))
}

function certBag(certificate: Buffer): Buffer {
  return sequence(X509_CERTIFICATE, explicit(octets(certificate)))
}

function bag(id: Buffer, value: Buffer, ...attributes: readonly Buffer[]): Buffer {
  return sequence(id, explicit(value), ...attributes)
}

/** ContentInfo of type data (RFC 5652 §4). */
function dataContent(content: Buffer): Buffer {
  return sequence(DATA, explicit(octets(content)))
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(TAG.sequence, ...parts)
}

function octets(bytes: Buffer): Buffer {
  return der(TAG.octetString, bytes)
}

function explicit(value: Buffer): Buffer {
  return der(contextTag(0, 'constructed'), value)
}

/** BMPString is big-endian. */
function utf16(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16()
}
