import { X509Certificate } from 'node:crypto'
import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import { KeyrollerError } from '../core/errors.ts'

/**
 * The certificates of a CA file, each one parsed. Node takes an empty `ca` for "the public web PKI" and skips text it
 * cannot read, so a file with no certificate, or with anything else in it, is refused with `config-invalid`.
 */
export function parseTrustAnchors(pem: string, file: string): string[] {
  const blocks = pem.match(PEM_BLOCK) ?? []
  if (blocks.length === 0) throw badFile(file, 'expected PEM certificates, found none')
  if (pem.split('-----BEGIN').length - 1 !== blocks.length) {
    throw badFile(file, 'expected only whole PEM certificates, found another or an unfinished block')
  }
  for (const [index, block] of blocks.entries()) {
    if (!isCertificate(block))
      throw badFile(file, `block ${index + 1}: expected a certificate, found other bytes`)
  }
  return blocks
}

const PEM_BLOCK = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0
  } catch {
    return false
  }
}

function badFile(file: string, message: string): KeyrollerError {
  return new KeyrollerError('config-invalid', `${file}: ${message}`, {
    hint: `openssl x509 -in ${file} -noout -subject`,
  })
}

/**
 * Node's check of the server's names, on top of one rule: the names stand in the subject alternative name. Node still takes
 * the common name of a certificate without any, which RFC 9525 section 6.3 forbids.
 */
export function checkServerName(expectedName: string, certificate: PeerCertificate): Error | undefined {
  if (certificate.subjectaltname) return checkServerIdentity(expectedName, certificate)
  return Object.assign(new Error('no subject alternative name'), {
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    cert: certificate,
  })
}
