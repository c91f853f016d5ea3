import type { HostConfig } from '../../core/host-config.ts'
import type { ChainDemand } from '../../core/ledger/chain.ts'
import { checkpointPayload } from '../../core/ledger/checkpoint.ts'
import type { CheckpointEntry, EntryPlace } from '../../core/ledger/entry.ts'
import { type Identity, isPaired } from '../../core/material.ts'
import type { ParsedCertificate } from '../../x509/certificate-facts.ts'
import { parseOne } from '../../x509/certificates.ts'
import { findChainFault, type TrustAnchors } from '../../x509/chain.ts'
import { verifyJws } from '../../x509/jws.ts'
import type { Host } from '../host.ts'
import { readParts } from '../observing/observe.ts'
import { openTrustStore, type TrustStore } from '../observing/trust-store.ts'

/**
 * What is wrong with the signature of a checkpoint: it must be over this very place, by an identity of this host, whose
 * certificate was valid at that time and leads to its trust file. Keys that were made later sign nothing earlier.
 */
export function checkpointJudge(
  config: HostConfig,
  host: Host,
  signers: readonly string[],
): NonNullable<ChainDemand['checkpointFault']> {
  const identities = config.materials.filter((material) => material.kind === 'identity')
  const anchorsOf = anchorsFor(identities, host)
  const authorities = authoritiesOn(config, host)
  const known = new Map<string, ParsedCertificate>()
  return (entry) => {
    try {
      const [leaf, ...above] = signerOf(entry, known)
      for (const one of above) authorities.set(one.facts.fingerprint, one)
      const identity = identities.find(({ id }) => id === entry.identity)
      return (
        nameFault(leaf, identity, signers) ??
        trustFault(leaf, [...authorities.values()], anchorsOf(identity), Date.parse(entry.at))
      )
    } catch (error) {
      return error instanceof Error ? error.message : 'something that is no error was thrown'
    }
  }
}

function signerOf(entry: EntryPlace & CheckpointEntry, known: Map<string, ParsedCertificate>) {
  const { payload, certificates } = verifyJws(entry.jws, known)
  if (payload === checkpointPayload(entry, entry.identity)) return certificates
  throw new Error('expected a signature over this place, found one over another')
}

function nameFault(
  { facts }: ParsedCertificate,
  identity: Identity | undefined,
  signers: readonly string[],
): string | undefined {
  const names = [...(identity ? [identity.issuance.commonName] : []), ...signers]
  if (names.includes(facts.commonName)) return undefined
  const expected = names.join(' or ') || 'an identity of this host'
  return `expected the signature of ${expected}, found that of ${facts.commonName}`
}

function trustFault(
  leaf: ParsedCertificate,
  authorities: readonly ParsedCertificate[],
  anchors: TrustAnchors,
  atMs: number,
): string | undefined {
  const { notBeforeMs, notAfterMs, serial } = leaf.facts
  if (atMs < notBeforeMs || atMs >= notAfterMs)
    return `expected a certificate that was valid then, found serial ${serial}`
  // What was proved for one time is not for another.
  const fault = findChainFault(leaf, authorities, { ...anchors, proved: new Set() }, atMs)
  return fault === undefined ? undefined : `expected a chain to the trust file, found ${fault}`
}

/** Of the identity; of one that is configured no longer, those of all. */
function anchorsFor(identities: readonly Identity[], host: Host) {
  const trust = openTrustStore(host.uid)
  const signed = new Map<string, boolean>()
  const read = new Map<Identity | undefined, TrustAnchors>()
  return (identity: Identity | undefined): TrustAnchors => {
    const anchors = read.get(identity) ?? anchorsIn(identity ? [identity] : identities, trust, signed)
    read.set(identity, anchors)
    return anchors
  }
}

function anchorsIn(
  identities: readonly Identity[],
  trust: TrustStore,
  signed: Map<string, boolean>,
): TrustAnchors {
  const files = new Set(identities.map(({ issuance }) => issuance.trustFile))
  const read = [...files].map((file) => trust(file))
  const certificates = read.flatMap((anchors) => ('fault' in anchors ? [] : anchors.certificates))
  return { certificates, proved: new Set(), known: new Map(), signed }
}

/** For identities whose files hold no intermediates: those of everything else on this host, by fingerprint. */
function authoritiesOn(config: HostConfig, host: Host): Map<string, ParsedCertificate> {
  const nowMs = host.clock()
  const pems = config.materials
    .filter(isPaired)
    .flatMap((material) => readParts(material, host, nowMs)?.chainPems ?? [])
  const parsed = [...new Set(pems)].map((pem) => parseOne(pem))
  return new Map(parsed.map((one) => [one.facts.fingerprint, one]))
}
