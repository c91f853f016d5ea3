/** Gathers all facts of a run once. Reads only; no network, no fsync. */
import type { KeyObject } from 'node:crypto'
import type { EpochMs } from '../../core/epoch-ms.ts'
import type { CertificateFacts, MaterialFacts, Observation, PairFacts } from '../../core/facts.ts'
import type { HostConfig } from '../../core/host-config.ts'
import { type Bundle, isPaired, type Material, type MaterialId, type Paired } from '../../core/material.ts'
import type { MaterialMemory, RunMemory } from '../../core/memory.ts'
import { listKeptSets } from '../../files/own/kept-sets.ts'
import { noAnchors } from '../../x509/anchors.ts'
import type { ParsedCertificate } from '../../x509/certificate-facts.ts'
import { readSet } from '../../x509/read-set.ts'
import { compareFile, type FileForm, type SetParts } from '../../x509/render-file.ts'
import type { Host } from '../host.ts'
import { type ObservedBundle, observeBundle } from './observe-bundle.ts'
import { contentsOf, fileFacts, type Reach, readingsOf, type SeenFiles, withReach } from './observe-files.ts'
import { observeKeyset, observeSecret } from './observe-stored.ts'

export interface ObserveInput {
  readonly config: HostConfig
  readonly host: Host
  readonly memory: RunMemory
  readonly nowMs: EpochMs
}

export function observe({ config, host, memory, nowMs }: ObserveInput): Observation {
  return withReach(host, nowMs, (reach) => {
    const materials = new Map<MaterialId, MaterialFacts>()
    const pairs = config.materials.filter(isPaired).map((pair) => observePair(pair, reach))
    for (const { id, facts } of pairs) materials.set(id, facts)
    for (const bundle of config.materials.filter((material) => material.kind === 'bundle'))
      materials.set(bundle.id, observeBundle(bundle, reach, chainsOf(pairs)).facts)
    for (const secret of config.materials.filter((material) => material.kind === 'secret'))
      materials.set(secret.id, observeSecret(secret, reach, memory.materials[secret.id]?.secret).facts)
    for (const keyset of config.materials.filter((material) => material.kind === 'keyset'))
      materials.set(keyset.id, observeKeyset(keyset, reach, memory.materials[keyset.id]?.keyset).facts)
    return { hostId: host.hostId, materials, memory, kept: listKeptSets(config.stateDir) }
  })
}

/** The parts of one material as they are on disk at this moment, key included; undefined when key or leaf cannot be read. */
export function readParts(material: Paired, host: Host, nowMs: EpochMs): SetParts | undefined {
  return withReach(host, nowMs, (reach) => observePair(material, reach)).parts
}

/** The leaf of one material as it is on disk at this moment. */
export function readLeaf(material: Paired, host: Host, nowMs: EpochMs): CertificateFacts | undefined {
  return withReach(host, nowMs, (reach) => observePair(material, reach)).facts.leaf.certificate
}

/** The private key as it is on disk at this moment, also of a set without a leaf, with what is to be said of it. */
export function readKey(material: Paired, host: Host, nowMs: EpochMs) {
  const { facts, privateKey } = withReach(host, nowMs, (reach) => observePair(material, reach))
  return { facts, privateKey }
}

/** The facts of one material as it is on disk at this moment, beside what is remembered of it. */
export function observeFacts(
  material: Material,
  memory: MaterialMemory | undefined,
  host: Host,
  nowMs: EpochMs,
): MaterialFacts {
  return withReach(host, nowMs, (reach) => observeMaterial(material, reach, memory)).facts
}

/** For whoever must keep the bytes; facts hold none. */
export function readFiles(
  materials: readonly Material[],
  host: Host,
  nowMs: EpochMs,
): ReadonlyMap<MaterialId, SeenFiles> {
  return withReach(
    host,
    nowMs,
    (reach) => new Map(materials.map((material) => [material.id, observeMaterial(material, reach)])),
  )
}

/** A bundle as it is on disk at this moment, beside the pairs of this host. */
export function readAuthorities(
  bundle: Bundle,
  { materials }: Pick<HostConfig, 'materials'>,
  host: Host,
  nowMs: EpochMs,
): ObservedBundle {
  return withReach(host, nowMs, (reach) => {
    const pairs = materials.filter(isPaired).map((pair) => observePair(pair, reach))
    return observeBundle(bundle, reach, chainsOf(pairs))
  })
}

function observeMaterial(material: Material, reach: Reach, memory?: MaterialMemory): SeenFiles {
  switch (material.kind) {
    case 'identity':
    case 'certificate':
      return observePair(material, reach)
    case 'bundle':
      return observeBundle(material, reach, [])
    case 'secret':
      return observeSecret(material, reach, memory?.secret)
    case 'keyset':
      return observeKeyset(material, reach, memory?.keyset)
  }
}

function chainsOf(pairs: readonly Observed[]) {
  return pairs.flatMap(({ certificates }) => (certificates ? [certificates] : []))
}

interface Observed extends SeenFiles {
  readonly id: MaterialId
  readonly facts: PairFacts
  readonly certificates?: readonly ParsedCertificate[]
  readonly parts?: SetParts
  readonly privateKey?: KeyObject
}

function observePair(material: Paired, reach: Reach): Observed {
  const readings = readingsOf(material, reach)
  const anchors = reach.trust(material.issuance.trustFile)
  const set = readSet(contentsOf(readings), 'fault' in anchors ? noAnchors() : anchors, reach.nowMs)
  const whole = 'fault' in anchors ? undefined : set.parts
  const judge = whole && ((form: FileForm) => (content: Buffer) => compareFile(form, content, whole))
  const files = readings.map((reading) => fileFacts(material, reading, reach, judge))
  // Facts go into plan and status: no key may be among them.
  const { parts, privateKey, certificates, ...facts } = set
  const chain: PairFacts['chain'] =
    'fault' in anchors ? { state: 'no-anchors', fault: anchors.fault } : facts.chain
  // Without anchors there is no whole set: a `ca` file made from these parts would be empty.
  return {
    id: material.id,
    facts: { ...facts, kind: 'pair', chain, files },
    readings,
    ...(whole ? { parts: whole } : {}),
    ...(certificates ? { certificates } : {}),
    ...(privateKey ? { privateKey } : {}),
  }
}
