/** Takes a set apart: from the files of a material, as they are on disk, to the parts they hold and what is wrong with them. */
import type { KeyObject } from 'node:crypto'
import type { EpochMs } from '../core/epoch-ms.ts'
import type { PairFacts, PartFacts } from '../core/facts.ts'
import { CHAIN_ROLES, type FileRole } from '../core/file-spec.ts'
import { keyTypeOf, type ParsedCertificate } from './certificate-facts.ts'
import { parseBlocks } from './certificates.ts'
import { findChainFault, type TrustAnchors } from './chain.ts'
import { privateKeyPem } from './keypair.ts'
import { isDer, type PemBlock, splitPem } from './pem.ts'
import { derKeyBlock, readKey } from './private-key.ts'
import type { SetParts } from './render-file.ts'

export interface ReadSet {
  readonly key: PairFacts['key']
  readonly leaf: PairFacts['leaf']
  readonly chain: PairFacts['chain']
  readonly keyMatches?: boolean
  /** Whatever of the set could be read; files can be made anew from it when key and leaf are there. */
  readonly parts?: SetParts
  /** The leaf, then what its files hold above it. Never a fact, like the key. */
  readonly certificates?: readonly ParsedCertificate[]
  /** Also of a set without a leaf. Never a fact: whoever keeps facts must leave it out. */
  readonly privateKey?: KeyObject
}

export type RoleContent = ReadonlyMap<
  FileRole,
  { readonly content: Buffer } | { readonly state: PartFacts['state']; readonly why: string }
>

/** The leaf from `cert` or `fullchain`, the chain from `fullchain` or `chain`, whichever is whole; else from `combined`. */
export function readSet(contents: RoleContent, anchors: TrustAnchors, nowMs: EpochMs): ReadSet {
  const key = readPart(contents, ['key', 'combined'], (content, role) => readKey(keyBlocks(content, role)))
  const keyFacts = { ...key.facts, ...(key.value ? { type: keyTypeOf(key.value) } : {}) }
  const held = { key: keyFacts, ...(key.value ? { privateKey: key.value } : {}) }
  const parse = parseOnce(anchors.known)
  const leaf = readPart(
    contents,
    ['cert', 'fullchain', 'combined'],
    (content, role) => parse(content, role)[0],
  )
  const above = readPart(contents, ['fullchain', 'chain', 'combined'], parse)
  // An older leaf in a full chain that was not switched along must not end up among the intermediates.
  const chain = (above.value ?? []).filter(
    ({ facts, x509 }) => facts.isCa && x509.fingerprint256 !== leaf.value?.x509.fingerprint256,
  )
  const leafFacts = { ...leaf.facts, ...(leaf.value ? { certificate: leaf.value.facts } : {}) }
  if (!leaf.value) return { ...held, leaf: leafFacts, chain: { state: 'unknown' } }

  const fault = findChainFault(leaf.value, chain, anchors, nowMs)
  const keepsChain = [...CHAIN_ROLES].some((role) => contents.has(role))
  const certificates = [leaf.value, ...chain]
  const judged = { ...held, leaf: leafFacts, chain: chainFacts(fault, keepsChain), certificates }
  if (!key.value) return judged
  const parts: SetParts = {
    keyPem: privateKeyPem(key.value),
    leafPem: leaf.value.pem,
    chainPems: chain.map(({ pem }) => pem),
    anchorPems: anchors.certificates.map(({ pem }) => pem),
  }
  return { ...judged, keyMatches: leaf.value.x509.checkPrivateKey(key.value), parts }
}

/** A combined file holds certificates too, anywhere around the key; a key file holds nothing else. */
function keyBlocks(content: Buffer, role: FileRole): PemBlock[] {
  if (role === 'key' && isDer(content)) return [derKeyBlock(content)]
  const blocks = splitPem(content.toString('utf8'))
  return role === 'combined' ? blocks.filter(({ label }) => label !== 'CERTIFICATE') : blocks
}

function certificateBlocks(content: Buffer, role: FileRole): PemBlock[] {
  if (role === 'cert' && isDer(content)) return [{ label: 'CERTIFICATE', der: content }]
  const blocks = splitPem(content.toString('utf8'))
  return role === 'combined' ? blocks.filter(({ label }) => label === 'CERTIFICATE') : blocks
}

/** A full chain yields the leaf and what is above it: one file, parsed once. */
function parseOnce(known: Map<string, ParsedCertificate>): ParseCertificates {
  const parsed = new Map<FileRole, ParsedCertificate[]>()
  return (content, role) => {
    const chain = parsed.get(role) ?? parseBlocks(certificateBlocks(content, role), known)
    parsed.set(role, chain)
    return chain
  }
}

type ParseCertificates = (content: Buffer, role: FileRole) => ParsedCertificate[]

interface Part<T> {
  readonly facts: PartFacts
  readonly value?: T
}

/** The first role that yields the part; otherwise what is wrong, so that a broken file is not called missing. */
function readPart<T>(
  contents: RoleContent,
  roles: readonly FileRole[],
  parse: (content: Buffer, role: FileRole) => T | undefined,
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
      const value = parse(reading.content, role)
      if (value !== undefined) return { facts: { state: 'read' }, value }
      faults.push({ state: 'malformed', why: `the ${role} file holds no certificate` })
    } catch (error) {
      faults.push({ state: 'malformed', why: `the ${role} file: ${firstLine(error)}` })
    }
  }
  const nowhere: PartFacts = { state: 'missing', why: `no file holds it: ${roles.join(' or ')}` }
  return { facts: faults.find(({ state }) => state !== 'missing') ?? faults[0] ?? nowhere }
}

/** Without a file for the intermediates only a leaf issued by an anchor itself can be judged from disk. */
function chainFacts(fault: string | undefined, keepsChain: boolean): PairFacts['chain'] {
  if (fault === undefined) return { state: 'trusted' }
  return keepsChain ? { state: 'untrusted', why: fault } : { state: 'unkept' }
}

/** OpenSSL's reasons can quote their input; the first line of an error never holds key bytes. */
function firstLine(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'unreadable'
}
