/**
 * A material's set as files and as parts. Parts are what is issued (key, leaf, chain) and what it is trusted by (anchors);
 * files are those parts, rendered per role. One table says how, so that writing and judging what is on disk cannot differ.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto'
import { KeyrollerError } from '../core/errors.ts'
import type { MaterialFacts, PartFacts } from '../core/facts.ts'
import type { EpochMs, FileRole } from '../core/material.ts'
import { type ParsedCertificate, parseCertificate } from './certificate-facts.ts'
import { findChainFault, type TrustAnchors } from './chain.ts'
import { splitPem } from './pem.ts'

export interface SetParts {
  readonly keyPem: string
  readonly leafPem: string
  readonly chainPems: readonly string[]
  readonly anchorPems: readonly string[]
}

const RENDER: Record<FileRole, (parts: SetParts) => string> = {
  key: ({ keyPem }) => keyPem,
  cert: ({ leafPem }) => leafPem,
  chain: ({ chainPems }) => chainPems.join(''),
  fullchain: ({ leafPem, chainPems }) => [leafPem, ...chainPems].join(''),
  ca: ({ anchorPems }) => anchorPems.join(''),
}

/** The bytes of one file of the set. */
export function renderFile(role: FileRole, parts: SetParts): Buffer {
  return Buffer.from(RENDER[role](parts))
}

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

/** Takes a set apart: the leaf from `cert` or `fullchain`, the chain from `fullchain` or `chain`, whichever is whole. */
export function readSet(contents: RoleContent, anchors: TrustAnchors, nowMs: EpochMs): ReadSet {
  const key = readPart(contents, ['key'], parseKey)
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
    keyPem: key.value.pem,
    leafPem: leaf.value.pem,
    chainPems: chain.map(({ pem }) => pem),
    anchorPems: anchors.certificates.map(({ pem }) => pem),
  }
  return { ...judged, keyMatches: leaf.value.x509.checkPrivateKey(key.value.key), parts }
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

function parseKey(text: string): { key: KeyObject; pem: string } | undefined {
  const blocks = splitPem(text)
  const [block] = blocks
  if (blocks.length !== 1 || !block?.label.endsWith('PRIVATE KEY'))
    throw new Error('expected one private key in PEM')
  return { key: createPrivateKey(text), pem: text }
}

/** Authorities that `known` holds are not parsed again; those that are new are added to it. */
export function parseChain(
  text: string,
  known: Map<string, ParsedCertificate> = new Map(),
): ParsedCertificate[] {
  return splitPem(text).map(({ label, der }) => {
    if (label !== 'CERTIFICATE') throw new Error(`expected a PEM block CERTIFICATE, found ${label}`)
    const identity = der.toString('base64')
    const certificate = known.get(identity) ?? parseCertificate(der)
    if (certificate.facts.isCa) known.set(identity, certificate)
    return certificate
  })
}

/** One certificate and nothing else, as Vault answers with. */
export function parseOne(text: string, known?: Map<string, ParsedCertificate>): ParsedCertificate {
  const [certificate, ...more] = parseChain(text, known)
  if (certificate && more.length === 0) return certificate
  throw new KeyrollerError(
    'issue-invalid',
    `expected one certificate, found ${certificate ? more.length + 1 : 'none'}`,
  )
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
