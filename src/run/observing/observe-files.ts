/** The files of a material as they are on disk, whatever kind it is: read once, and what is to be said of each. */
import { dirname } from 'node:path'
import type { EpochMs } from '../../core/epoch-ms.ts'
import { type FaultRecord, toFault } from '../../core/errors.ts'
import type { FileFacts, MaterialFacts, PresentFile } from '../../core/facts.ts'
import type { FileRole, FileSpec } from '../../core/file-spec.ts'
import type { Material, MaterialId } from '../../core/material.ts'
import { type Accounts, openAccounts } from '../../files/accounts.ts'
import { type DirectoryHolder, openHolder } from '../../files/held-directory.ts'
import { findDisk } from '../../files/in-memory.ts'
import { readVisible, type VisibleReading } from '../../files/read-visible.ts'
import { middleName } from '../../files/switching/generation-names.ts'
import type { FileForm } from '../../x509/render-file.ts'
import type { Host } from '../host.ts'
import { fileForm } from './file-form.ts'
import { openTrustStore, type TrustStore } from './trust-store.ts'

/** What a look at files needs of the host. */
export interface Reach {
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

/** Closed again whatever happens. */
export function withReach<T>(host: Host, nowMs: EpochMs, work: (reach: Reach) => T): T {
  const reach = openReach(host, nowMs)
  try {
    return work(reach)
  } finally {
    reach.holder.close()
  }
}

/** What is there of a material at this moment, bytes included. */
export interface SeenFiles {
  readonly facts: MaterialFacts
  readonly readings: readonly Reading[]
}

export type Reading = { readonly spec: FileSpec; readonly reading: VisibleReading }

export function readingsOf({ files }: Material, { holder }: Reach): Reading[] {
  return files.map((spec) => ({ spec, reading: readVisible(spec.path, holder) }))
}

/** A refused file (a link, a device) is unreadable to the set: nothing behind it may decide anything. */
export function contentsOf(readings: readonly Reading[]) {
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

/** How the bytes of a file are judged; undefined where there is nothing to judge them by. */
export type JudgeContent = (form: FileForm) => (content: Buffer) => PresentFile['content']

export function fileFacts(
  { id, ephemeral }: Material,
  { spec, reading }: Reading,
  reach: Reach,
  judge: JudgeContent | undefined,
): FileFacts {
  const form = readForm(spec, reach.uid)
  const expected = {
    spec,
    wanted: reach.accounts.resolve(spec.owner, spec.group),
    ...('fault' in form ? { unwritable: form.fault } : {}),
    ...(ephemeral ? exposure(spec, reach) : {}),
  }
  if (reading.state !== 'present') return { ...expected, state: reading.state, why: reading.why }
  const { mode, uid, gid, content } = reading
  const judged = judge && !('fault' in form) ? judge(form)(content) : 'unknown'
  const place = placeOf(reading, id)
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
