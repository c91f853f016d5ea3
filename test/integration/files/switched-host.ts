/** A host with two sets of files, old or not there yet, and the switch of both to the new ones. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { LAYOUTS, type Layout, type Material, type MaterialId } from '../../../src/core/material.ts'
import { EMPTY_MEMORY } from '../../../src/core/memory.ts'
import type { FileSet } from '../../../src/files/switching/layout-work.ts'
import type { RunContext } from '../../../src/run/context.ts'
import { openTrustStore } from '../../../src/run/observing/trust-store.ts'
import { openMemory } from '../../../src/run/recording/memory-store.ts'
import { file, type SmallHost, smallHost } from '../../unit/run/small-host.ts'

export const MARKS = ['old', 'new'] as const
export type Mark = (typeof MARKS)[number]

/** A switch of both sets, and what stands on the host before it. */
export interface Scenario {
  /** How the new sets lie on disk. */
  readonly layout: Layout
  /** How many files each of the two sets has: 1 to 5. */
  readonly files: number
  /** How the old sets lie there; `none`: these are the first. */
  readonly before: Layout | 'none'
}

/** Every layout with every one before it, moves included. Every proof goes over all of them. */
export const SCENARIOS: readonly Scenario[] = LAYOUTS.flatMap((layout) =>
  [1, 5].flatMap((files) => ([...LAYOUTS, 'none'] as const).map((before) => ({ layout, files, before }))),
)

export function describeScenario({ layout, files, before }: Scenario): string {
  const what = before === 'none' ? 'the first files' : 'replacing older files'
  return `layout ${layout}, sets of ${files}, ${before === layout || before === 'none' ? what : `moved from ${before}`}`
}

/** Who owns the files of a mark, and with which mode a file is made: different, so that no attribute is right by chance. */
export const ATTRIBUTES = {
  old: {
    uid: 1111,
    gid: 1112,
    modes: { key: 0o600, cert: 0o644, fullchain: 0o640, chain: 0o644, ca: 0o600 },
  },
  new: {
    uid: 2221,
    gid: 2222,
    modes: { key: 0o640, cert: 0o444, fullchain: 0o644, chain: 0o600, ca: 0o644 },
  },
} as const

const ROLES = ['key', 'cert', 'fullchain', 'chain', 'ca'] as const
export type Role = (typeof ROLES)[number]

/** The first so many roles; the key is always one. */
export function rolesOf(files: number): readonly Role[] {
  return ROLES.slice(0, files)
}

export function switchedHost(root: string, { files, layout }: Scenario) {
  const small = smallHost(root)
  const materials = [
    { ...withFiles(small.identity, join(root, 'agent'), files), layout },
    { ...withFiles(small.certificate, join(root, 'app'), files), layout },
  ]
  for (const directory of [small.config.stateDir, small.config.runtimeDir])
    mkdirSync(directory, { recursive: true, mode: 0o700 })
  return { config: { ...small.config, materials }, host: small.host }
}

/** Every home and its material. */
export const HOMES: readonly (readonly [MaterialId, string])[] = [
  ['identity/app', 'agent'],
  ['certificate/app', 'app'],
]

export function setsOf(root: string, files: number, layout: Layout, mark: Mark): FileSet[] {
  const issued = { serial: mark, fingerprint: mark, notAfterMs: 2, atMs: 1 }
  return HOMES.map(([material, home]) => ({
    material,
    layout,
    issued,
    images: rolesOf(files).map((role) => imageOf(join(root, home), role, mark)),
  }))
}

export function contentOf(mark: Mark, role: Role): Buffer {
  return Buffer.from(`${mark} ${role}\n`.repeat(200))
}

/** What the steps of a run share, as far as installing needs it. */
export function contextOf({ config, host }: Pick<SmallHost, 'config' | 'host'>): RunContext {
  return {
    config,
    host,
    materials: new Map(config.materials.map((material) => [material.id, material])),
    observation: { hostId: host.hostId, materials: new Map(), memory: EMPTY_MEMORY, kept: [] },
    memory: openMemory(config.stateDir),
    signal: new AbortController().signal,
    vault: () => {
      throw new Error('installing asks no server')
    },
    trust: openTrustStore(host.uid),
    failures: new Map(),
    sessions: new Map(),
    issued: new Map(),
    revoked: new Set(),
    changed: new Set(),
    told: new Map(),
    restarted: new Map(),
    server: {},
    note: () => undefined,
  }
}

function imageOf(home: string, role: Role, mark: Mark) {
  const { uid, gid, modes } = ATTRIBUTES[mark]
  return { path: join(home, `${role}.pem`), content: contentOf(mark, role), mode: modes[role], uid, gid }
}

function withFiles<M extends Material>(material: M, home: string, files: number): M {
  return { ...material, files: rolesOf(files).map((role) => file(role, join(home, `${role}.pem`))) }
}
