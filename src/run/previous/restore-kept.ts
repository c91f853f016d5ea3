import { judgeRenewal } from '../../core/deciding/renewal.ts'
import type { EpochMs } from '../../core/epoch-ms.ts'
import { KeyrollerError } from '../../core/errors.ts'
import type { PairFacts } from '../../core/facts.ts'
import { type FileRole, keepsChain } from '../../core/file-spec.ts'
import type { HostConfig } from '../../core/host-config.ts'
import type { ReadableSet } from '../../core/kept-set.ts'
import type { Paired } from '../../core/material.ts'
import { type KeptContent, readKeptSet } from '../../files/own/kept-sets.ts'
import { noAnchors } from '../../x509/anchors.ts'
import { readSet } from '../../x509/read-set.ts'
import type { SetParts } from '../../x509/render-file.ts'
import type { IssuedSet } from '../context.ts'
import type { Host } from '../host.ts'
import { openTrustStore } from '../observing/trust-store.ts'

/** What a kept set is judged by, which is how things are now. */
export interface Present {
  readonly config: HostConfig
  readonly host: Host
  readonly nowMs: EpochMs
}

/**
 * The parts of a kept set, read by the roles its files had, and judged as if they were on disk already: what the next run
 * would renew for any other reason than being due must not be installed again. Throws `kept-unfit`, `kept-missing`, and what
 * is wrong with the trust file.
 */
export function restoreKept(
  material: Paired,
  set: ReadableSet,
  { config, host, nowMs }: Present,
): Omit<IssuedSet, 'remember'> {
  const { files } = readKeptSet(config.stateDir, set)
  const anchors = openTrustStore(host.uid)(material.issuance.trustFile)
  if ('fault' in anchors) throw new KeyrollerError(anchors.fault.code, anchors.fault.message)
  const { parts, privateKey: _, certificates: __, ...facts } = readSet(contentsOf(files), anchors, nowMs)
  const { certificate } = facts.leaf
  const fault = findFault(material, set, { ...facts, kind: 'pair', files: [] }, nowMs)
  if (fault === undefined && parts && certificate) return { parts, certificate }
  const what = `what was kept of ${material.id} with serial ${set.certificate.serial}`
  throw new KeyrollerError('kept-unfit', `${what}: ${fault ?? 'no whole set'}`)
}

/** Key and certificate as they were, whatever they are trusted by now; undefined when they are not whole. */
export function readContents({ files }: KeptContent, nowMs: EpochMs): SetParts | undefined {
  return readSet(contentsOf(files), noAnchors(), nowMs).parts
}

function contentsOf(files: KeptContent['files']): Map<FileRole, { content: Buffer }> {
  return new Map(files.map(({ role, content }) => [role, { content }]))
}

function findFault(
  material: Paired,
  { certificate }: ReadableSet,
  facts: PairFacts,
  nowMs: EpochMs,
): string | undefined {
  const verdict = judgeRenewal({ material, facts, nowMs, dueAtMs: undefined, forced: false })
  if (verdict) return `${verdict.reason}: ${verdict.message}`
  const serial = facts.leaf.certificate?.serial
  if (serial !== certificate.serial) return `expected the serial of its name, found ${serial}`
  return keepsChain(material.files) && facts.chain.state === 'unkept'
    ? 'expected its intermediates, which the files of today hold, found none kept'
    : undefined
}
