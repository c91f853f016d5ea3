/** From what Vault answered to a set that may be installed: read by the strict grammar, judged, relieved of what does not belong. */

import type { EpochMs } from '../core/epoch-ms.ts'
import { KeyrollerError } from '../core/errors.ts'
import { type AnswerFacts, judgeIssued } from '../core/judgement.ts'
import type { Paired } from '../core/material.ts'
import type { SignedCertificate } from '../vault/pki.ts'
import { describeCertificate, type ParsedCertificate } from '../x509/certificate-facts.ts'
import { parseOne } from '../x509/certificates.ts'
import { authoritiesAbove, findChainFault, type TrustAnchors } from '../x509/chain.ts'
import { type Keypair, privateKeyPem } from '../x509/keypair.ts'
import type { IssuedSet } from './context.ts'

export interface Answer {
  readonly material: Paired
  readonly signed: Pick<SignedCertificate, 'certificatePem' | 'caChainPems'>
  /** The pair of the request. */
  readonly keypair: Keypair
  readonly anchors: TrustAnchors
  readonly currentNotAfterMs: EpochMs | undefined
  readonly nowMs: EpochMs
}

export interface JudgedAnswer extends Omit<IssuedSet, 'remember'> {
  /** How many certificates of the answer did not issue it, and stay out of every file. */
  readonly leftOut: number
}

/** Throws `issue-invalid` with the first fault in the order of the judgements. */
export function judgeAnswer(answer: Answer): JudgedAnswer {
  const { material, keypair, anchors, currentNotAfterMs, nowMs } = answer
  const read = readAnswer(answer)
  const facts = 'why' in read ? ({ state: 'malformed', ...read } as const) : factsOf(read, answer)
  const fault = judgeIssued({ material, answer: facts, currentNotAfterMs, nowMs })
  if (fault || 'why' in read)
    throw new KeyrollerError('issue-invalid', `${material.id}: ${fault?.reason}: ${fault?.message}`)
  const parts = {
    keyPem: privateKeyPem(keypair.privateKey),
    leafPem: read.leaf.pem,
    chainPems: read.chain.map(({ pem }) => pem),
    anchorPems: anchors.certificates.map(({ pem }) => pem),
  }
  return { parts, certificate: read.leaf.facts, leftOut: read.leftOut }
}

interface ReadChain {
  readonly leaf: ParsedCertificate
  readonly chain: readonly ParsedCertificate[]
  readonly leftOut: number
}

function readAnswer({ signed, anchors }: Answer): ReadChain | { readonly why: string } {
  try {
    const leaf = parseOne(ofSize(signed.certificatePem))
    const sent = signed.caChainPems.map((pem) => parseOne(ofSize(pem), anchors.known))
    const chain = authoritiesAbove(leaf, sent)
    return { leaf, chain, leftOut: sent.length - chain.length }
  } catch (error) {
    // Anything else is OpenSSL's word for bytes that are no certificate.
    return {
      why:
        error instanceof KeyrollerError ? error.message : 'expected a certificate, found bytes that are none',
    }
  }
}

/** As cert-manager has it: far above any certificate of use, far below what could trouble a consumer. */
const MAX_CHARS = 36_500

function ofSize(pem: string): string {
  if (pem.length <= MAX_CHARS) return pem
  throw new KeyrollerError('issue-invalid', `expected at most ${MAX_CHARS} characters, found ${pem.length}`)
}

function factsOf({ leaf, chain }: ReadChain, { keypair, anchors, nowMs }: Answer): AnswerFacts {
  return {
    state: 'read',
    certificate: leaf.facts,
    keyMatches: leaf.x509.checkPrivateKey(keypair.privateKey),
    signatures: [leaf, ...chain].map((one) => {
      return { subject: describeCertificate(one), algorithm: one.x509.signatureAlgorithm ?? 'none' }
    }),
    chainFault: findChainFault(leaf, chain, anchors, nowMs),
  }
}
