/** Takes a set apart: from the files of a material, as they are on disk, to the parts they hold and what is wrong with them. */
import type { MaterialFacts, PartFacts } from '../core/facts.ts'
import type { EpochMs, FileRole } from '../core/material.ts'
import type { ParsedCertificate } from './certificate-facts.ts'
import { parseChain } from './certificates.ts'
import { findChainFault, type TrustAnchors } from './chain.ts'
import { privateKeyPem } from './keypair.ts'
import { splitPem } from './pem.ts'
import { readKey } from './private-key.ts'
import type { SetParts } from './render-file.ts'

export interface ReadSet {
  readonly key: PartFacts
  readonly leaf: MaterialFacts['leaf']
  readonly chain: MaterialFacts['chain']
  readonly keyMatches?: boolean
  /** Whatever of the set could be read; files can be made anew from it when key and leaf are there. */
  readonly parts?: SetParts
}

export type RoleContent = ReadonlyMap<
  FileRole,
  { readonly content: Buffer } | { readonly state: PartFacts['state']; readonly why: string }
>

/** The leaf from `cert` or `fullchain`, the chain from `fullchain` or `chain`, whichever is whole. */
export function readSet(contents: RoleContent, anchors: TrustAnchors, nowMs: EpochMs): ReadSet {
  const key = readPart(contents, ['key'], (text) => readKey(splitPem(text)))
  const parse = parseOnce(anchors.known)
  const leaf = readPart(contents, ['cert', 'fullchain'], (text) => parse(text)[0])
  const above = readPart(contents, ['fullchain', 'chain'], parse)
  // An older leaf in a full chain that was not switched along must not end up among the intermediates.
  const chain = (above.value ?? []).filter(
    ({ facts, x509 }) => facts.isCa && x509.fingerprint256 !== leaf.value?.x509.fingerprint256,
  )
  const leafFacts = { ...leaf.facts, ...(leaf.value ? { certificate: leaf.value.facts } : {}) }
  if (!leaf.value) return { key: key.facts, leaf: leafFacts, chain: { state: 'unknown' } }

  const fault = findChainFault(leaf.value, chain, anchors, nowMs)
  const keepsChain = contents.has('chain') || contents.has('fullchain')
  const judged = { key: key.facts, leaf: leafFacts, chain: chainFacts(fault, keepsChain) }
  if (!key.value) return judged
  const parts: SetParts = {
    keyPem: privateKeyPem(key.value),
    leafPem: leaf.value.pem,
    chainPems: chain.map(({ pem }) => pem),
    anchorPems: anchors.certificates.map(({ pem }) => pem),
  }
  return { ...judged, keyMatches: leaf.value.x509.checkPrivateKey(key.value), parts }
}

/** A full chain yields the leaf and what is above it: one text, parsed once. */
function parseOnce(known: Map<string, ParsedCertificate>): (text: string) => ParsedCertificate[] {
  const parsed = new Map<string, ParsedCertificate[]>()
  return (text) => {
    const chain = parsed.get(text) ?? parseChain(text, known)
    parsed.set(text, chain)
    return chain
  }
}

interface Part<T> {
  readonly facts: PartFacts
  readonly value?: T
}

/** The first role that yields the part; otherwise what is wrong, so that a broken file is not called missing. */
function readPart<T>(
  contents: RoleContent,
  roles: readonly FileRole[],
  parse: (text: string) => T | undefined,
): Part<T> {
  const faults: PartFacts[] = []
  for (const role of roles) {
    const reading = contents.get(role)
    if (!reading) continue
    if (!('content' in reading)) {
      faults.push({ state: reading.state, why: reading.why })
      continue
    }
    try {
      const value = parse(reading.content.toString('utf8'))
      if (value !== undefined) return { facts: { state: 'read' }, value }
      faults.push({ state: 'malformed', why: `the ${role} file is empty` })
    } catch (error) {
      faults.push({ state: 'malformed', why: `the ${role} file: ${firstLine(error)}` })
    }
  }
  const nowhere: PartFacts = { state: 'missing', why: `no file holds it: ${roles.join(' or ')}` }
  return { facts: faults.find(({ state }) => state !== 'missing') ?? faults[0] ?? nowhere }
}

/** Without a file for the intermediates only a leaf issued by an anchor itself can be judged from disk. */
function chainFacts(fault: string | undefined, keepsChain: boolean): MaterialFacts['chain'] {
  if (fault === undefined) return { state: 'trusted' }
  return keepsChain ? { state: 'untrusted', why: fault } : { state: 'unkept' }
}

/** OpenSSL's reasons can quote their input; the first line of an error never holds key bytes. */
function firstLine(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'unreadable'
}
