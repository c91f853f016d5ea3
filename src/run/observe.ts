/** Gathers all facts of a run once. Reads only; no network, no fsync. */
import type { KeyObject } from 'node:crypto'
import { dirname } from 'node:path'
import { type FaultRecord, toFault } from '../core/errors.ts'
import type { CertificateFacts, FileFacts, MaterialFacts, Observation, PresentFile } from '../core/facts.ts'
import type { EpochMs, FileRole, FileSpec, HostConfig, Material, MaterialId } from '../core/material.ts'
import type { RunMemory } from '../core/memory.ts'
import { type Accounts, openAccounts } from '../files/accounts.ts'
import { middleName } from '../files/generation-names.ts'
import { type DirectoryHolder, openHolder } from '../files/held-directory.ts'
import { findDisk } from '../files/in-memory.ts'
import { listKeptSets } from '../files/kept-sets.ts'
import { readVisible, type VisibleReading } from '../files/read-visible.ts'
import type { TrustAnchors } from '../x509/chain.ts'
import { readSet } from '../x509/read-set.ts'
import { compareFile, type FileForm, type SetParts } from '../x509/render-file.ts'
import { fileForm } from './file-form.ts'
import type { Host } from './host.ts'
import { openTrustStore, type TrustStore } from './trust-store.ts'

export interface ObserveInput {
  readonly config: HostConfig
  readonly host: Host
  readonly memory: RunMemory
  readonly nowMs: EpochMs
}

export function observe({ config, host, memory, nowMs }: ObserveInput): Observation {
  const reach = openReach(host, nowMs)
  try {
    const materials = new Map<MaterialId, MaterialFacts>()
    for (const material of config.materials)
      materials.set(material.id, observeMaterial(material, reach).facts)
    return { hostId: host.hostId, materials, memory, kept: listKeptSets(config.stateDir) }
  } finally {
    reach.holder.close()
  }
}

interface Reach {
  readonly holder: DirectoryHolder
  readonly accounts: Accounts
  readonly trust: TrustStore
  readonly nowMs: EpochMs
  readonly uid: number
}

function openReach(host: Host, nowMs: EpochMs): Reach {
  return {
    holder: openHolder(),
    accounts: openAccounts(host),
    trust: openTrustStore(host.uid),
    nowMs,
    uid: host.uid,
  }
}

/** The parts of one material as they are on disk at this moment, key included; undefined when key or leaf cannot be read. */
export function readParts(material: Material, host: Host, nowMs: EpochMs): SetParts | undefined {
  return observeOne(material, host, nowMs).parts
}

/** The leaf of one material as it is on disk at this moment. */
export function readLeaf(material: Material, host: Host, nowMs: EpochMs): CertificateFacts | undefined {
  return observeOne(material, host, nowMs).facts.leaf.certificate
}

/** The private key as it is on disk at this moment, also of a set without a leaf, with what is to be said of it. */
export function readKey(material: Material, host: Host, nowMs: EpochMs) {
  const { facts, privateKey } = observeOne(material, host, nowMs)
  return { facts, privateKey }
}

/** The facts of one material as it is on disk at this moment. */
export function observeFacts(material: Material, host: Host, nowMs: EpochMs): MaterialFacts {
  return observeOne(material, host, nowMs).facts
}

/** What is there of a material at this moment, bytes included. */
export interface SeenFiles {
  readonly facts: MaterialFacts
  readonly readings: readonly Reading[]
}

/** For whoever must keep the bytes; facts hold none. */
export function readFiles(
  materials: readonly Material[],
  host: Host,
  nowMs: EpochMs,
): ReadonlyMap<MaterialId, SeenFiles> {
  const reach = openReach(host, nowMs)
  try {
    return new Map(materials.map((material) => [material.id, observeMaterial(material, reach)]))
  } finally {
    reach.holder.close()
  }
}

function observeOne(material: Material, host: Host, nowMs: EpochMs) {
  const reach = openReach(host, nowMs)
  try {
    return observeMaterial(material, reach)
  } finally {
    reach.holder.close()
  }
}

interface Observed extends SeenFiles {
  readonly parts?: SetParts
  readonly privateKey?: KeyObject
}

function observeMaterial(material: Material, reach: Reach): Observed {
  const readings = material.files.map((spec) => ({ spec, reading: readVisible(spec.path, reach.holder) }))
  const anchors = reach.trust(material.issuance.trustFile)
  const set = readSet(contentsOf(readings), 'fault' in anchors ? noAnchors() : anchors, reach.nowMs)
  const files = readings.map((reading) => {
    const facts = fileFacts(material.id, reading, reach, 'fault' in anchors ? undefined : set.parts)
    return material.ephemeral ? { ...facts, ...exposure(reading.spec, reach) } : facts
  })
  // Facts go into plan and status: no key may be among them.
  const { parts, privateKey, ...facts } = set
  const chain: MaterialFacts['chain'] =
    'fault' in anchors ? { state: 'no-anchors', fault: anchors.fault } : facts.chain
  // Without anchors there is no whole set: a `ca` file made from these parts would be empty.
  return {
    facts: { ...facts, chain, files },
    readings,
    ...(parts && !('fault' in anchors) ? { parts } : {}),
    ...(privateKey ? { privateKey } : {}),
  }
}

/** Without anchors key and leaf are still read: when a certificate ends is what an operator wants to know most. */
function noAnchors(): TrustAnchors {
  return { certificates: [], proved: new Set(), known: new Map() }
}

type Reading = { readonly spec: FileSpec; readonly reading: VisibleReading }

/** A refused file (a link, a device) is unreadable to the set: nothing behind it may decide anything. */
function contentsOf(readings: readonly Reading[]) {
  return new Map(
    readings.map(
      ({
        spec,
        reading,
      }): [FileRole, { content: Buffer } | { state: 'missing' | 'unreadable'; why: string }] => {
        if (reading.state === 'present') return [spec.role, reading]
        const state = reading.state === 'missing' ? 'missing' : 'unreadable'
        return [spec.role, { state, why: `${spec.path}: ${reading.why}` }]
      },
    ),
  )
}

function fileFacts(
  material: MaterialId,
  { spec, reading }: Reading,
  { accounts, uid: ownUid }: Reach,
  parts: SetParts | undefined,
): FileFacts {
  const form = readForm(spec, ownUid)
  const expected = {
    spec,
    wanted: accounts.resolve(spec.owner, spec.group),
    ...('fault' in form ? { unwritable: form.fault } : {}),
  }
  if (reading.state !== 'present') return { ...expected, state: reading.state, why: reading.why }
  const { mode, uid, gid, content } = reading
  const judged = parts && !('fault' in form) ? compareFile(form, content, parts) : 'unknown'
  const place = placeOf(reading, material)
  return { ...expected, state: 'present', place, mode, uid, gid, content: judged, size: content.length }
}

function placeOf({ through }: VisibleReading, material: MaterialId): PresentFile['place'] {
  if (through === undefined) return 'file'
  return through === middleName(material) ? 'link' : 'stray-link'
}

/** Nothing of a directory that cannot be opened: why, its files say. */
function exposure({ path }: FileSpec, { holder }: Reach): Pick<FileFacts, 'exposed'> {
  try {
    const disk = findDisk(holder.hold(dirname(path)))
    return disk ? { exposed: toFault(disk) } : {}
  } catch {
    return {}
  }
}

function readForm(spec: FileSpec, uid: number): FileForm | { readonly fault: FaultRecord } {
  try {
    return fileForm(spec, uid)
  } catch (error) {
    return { fault: toFault(error) }
  }
}
