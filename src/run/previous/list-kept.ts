import type { EpochMs } from '../../core/epoch-ms.ts'
import { toFault } from '../../core/errors.ts'
import type { HostConfig } from '../../core/host-config.ts'
import type { KeptCertificate, KeptSet } from '../../core/kept-set.ts'
import type { Paired } from '../../core/material.ts'
import { listKeptSets, readKeptSet } from '../../files/own/kept-sets.ts'
import type { Host } from '../host.ts'
import { readLeaf } from '../observing/observe.ts'

export interface KeptList {
  /** What the files hold now. */
  readonly installed?: KeptCertificate
  /** The set kept last comes first. */
  readonly kept: readonly KeptLine[]
}

export interface KeptLine {
  readonly keptAtMs: EpochMs
  /** By when it is removed; earlier when too many others are kept. */
  readonly removedAtMs: EpochMs
  readonly certificate?: KeptCertificate
  /** Who had written the files, as far as keyroller knows; `damaged` when what was kept cannot be read back. */
  readonly by: 'keyroller' | 'unknown' | 'damaged'
  readonly fault?: string
}

/** What is kept of one material. Reads only. Throws `state-failed`. */
export function listKept({ stateDir, previous }: HostConfig, host: Host, material: Paired): KeptList {
  const sets = listKeptSets(stateDir).filter((set) => set.material === material.id)
  const installed = readLeaf(material, host, host.clock())
  return {
    ...(installed ? { installed } : {}),
    kept: sets
      .toSorted((a, b) => b.keptAtMs - a.keptAtMs)
      .map((set) => ({
        keptAtMs: set.keptAtMs,
        removedAtMs: set.keptAtMs + previous.graceMs,
        ...(set.certificate ? { certificate: set.certificate } : {}),
        ...writer(stateDir, set),
      })),
  }
}

function writer(stateDir: string, set: KeptSet): Pick<KeptLine, 'by' | 'fault'> {
  try {
    return { by: readKeptSet(stateDir, set).byKeyroller ? 'keyroller' : 'unknown' }
  } catch (error) {
    return { by: 'damaged', fault: toFault(error).message }
  }
}
