/** Certificates out of PEM by the strict grammar, with those authorities that are known already taken as they are. */
import { KeyrollerError } from '../core/errors.ts'
import { type ParsedCertificate, parseCertificate } from './certificate-facts.ts'
import { type PemBlock, splitPem } from './pem.ts'

export function parseChain(text: string, known?: Map<string, ParsedCertificate>): ParsedCertificate[] {
  return parseBlocks(splitPem(text), known)
}

/** One certificate and nothing else, as Vault answers with; an authority `known` holds in this very text is not read again. */
export function parseOne(text: string, known?: Map<string, ParsedCertificate>): ParsedCertificate {
  const met = known?.get(text)
  if (met) return met
  const [certificate, ...more] = parseChain(text, known)
  if (certificate && more.length === 0) {
    if (certificate.facts.isCa) known?.set(text, certificate)
    return certificate
  }
  throw new KeyrollerError(
    'issue-invalid',
    `expected one certificate, found ${certificate ? more.length + 1 : 'none'}`,
  )
}

/** Authorities that `known` holds are not parsed again; those that are new are added to it. */
export function parseBlocks(
  blocks: readonly PemBlock[],
  known: Map<string, ParsedCertificate> = new Map(),
): ParsedCertificate[] {
  return blocks.map(({ label, der }) => {
    if (label !== 'CERTIFICATE')
      throw new KeyrollerError('issue-invalid', `expected a PEM block CERTIFICATE, found ${label}`)
    const identity = der.toString('base64')
    const certificate = known.get(identity) ?? parseCertificate(der)
    if (certificate.facts.isCa) known.set(identity, certificate)
    return certificate
  })
}
