import type { Keyset } from '../../../src/core/material.ts'
import { DAY_MS, fileSpec, HOUR_MS } from './builders.ts'

/** A pair of this host alone, in one file, rotated quarterly. */
export function keyset(name: string, changes: Partial<Keyset> = {}): Keyset {
  return {
    kind: 'keyset',
    id: `keyset/${name}`,
    name,
    policy: {
      kind: 'ed25519',
      rotateEveryMs: 90 * DAY_MS,
      publishAheadMs: 7 * DAY_MS,
      acceptForMs: 30 * DAY_MS,
      longestLifetimeMs: 29 * DAY_MS,
      atEnd: 'archive',
      underHold: 'retire',
    },
    kid: 'version',
    rawBytes: 32,
    store: { kind: 'host' },
    refreshEveryMs: HOUR_MS,
    probes: [],
    staleFiles: [],
    ephemeral: false,
    layout: 'files',
    files: [fileSpec('pem', name)],
    reload: [],
    ...changes,
  }
}
