/** A host with two sets of three files, old or not there yet, and the switch of both to the new ones. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Material, MaterialId } from '../../../src/core/material.ts'
import { EMPTY_MEMORY } from '../../../src/core/memory.ts'
import type { FileSet } from '../../../src/files/switch-sets.ts'
import type { RunContext } from '../../../src/run/context.ts'
import { openMemory } from '../../../src/run/memory-store.ts'
import { openTrustStore } from '../../../src/run/trust-store.ts'
import { file, smallHost } from '../../unit/run/small-host.ts'

export const MARKS = ['old', 'new'] as const
export type Mark = (typeof MARKS)[number]

/** Who owns the files of a mark, and with which mode a file is made: different, so that no attribute is right by chance. */
export const ATTRIBUTES = {
  old: { uid: 1111, gid: 1112, modes: { 'key.pem': 0o600, 'cert.pem': 0o644, 'fullchain.pem': 0o640 } },
  new: { uid: 2221, gid: 2222, modes: { 'key.pem': 0o640, 'cert.pem': 0o444, 'fullchain.pem': 0o644 } },
} as const

export const FILE_NAMES = ['key.pem', 'cert.pem', 'fullchain.pem'] as const
export type FileName = (typeof FILE_NAMES)[number]

export function switchedHost(root: string) {
  const small = smallHost(root)
  const materials = [withFiles(small.identity, root, 'agent'), withFiles(small.certificate, root, 'app')]
  for (const directory of [small.config.stateDir, small.config.runtimeDir])
    mkdirSync(directory, { recursive: true, mode: 0o700 })
  return { config: { ...small.config, materials }, host: small.host }
}

/** Every home and its material. */
export const HOMES: readonly (readonly [MaterialId, string])[] = [
  ['identity/app', 'agent'],
  ['certificate/app', 'app'],
]

export function setsOf(root: string, mark: Mark): FileSet[] {
  const issued = { serial: mark, fingerprint: mark, notAfterMs: 2, atMs: 1 }
  return HOMES.map(([material, home]) => ({
    material,
    issued,
    images: FILE_NAMES.map((name) => imageOf(join(root, home), name, mark)),
  }))
}

export function contentOf(mark: Mark, name: FileName): Buffer {
  return Buffer.from(`${mark} ${name}\n`.repeat(200))
}

/** What the steps of a run share, as far as installing needs it. */
export function contextOf({ config, host }: ReturnType<typeof switchedHost>): RunContext {
  return {
    config,
    host,
    materials: new Map(config.materials.map((material) => [material.id, material])),
    observation: { hostId: host.hostId, materials: new Map(), memory: EMPTY_MEMORY },
    memory: openMemory(config.stateDir),
    signal: new AbortController().signal,
    vault: () => {
      throw new Error('installing asks no server')
    },
    trust: openTrustStore(host.uid),
    failures: new Map(),
    sessions: new Map(),
    issued: new Map(),
    changed: new Set(),
    told: new Map(),
    server: {},
  }
}

function imageOf(home: string, name: FileName, mark: Mark) {
  const { uid, gid, modes } = ATTRIBUTES[mark]
  return { path: join(home, name), content: contentOf(mark, name), mode: modes[name], uid, gid }
}

function withFiles<M extends Material>(material: M, root: string, home: string): M {
  const roles = ['key', 'cert', 'fullchain'] as const
  return { ...material, files: roles.map((role) => file(role, join(root, home, `${role}.pem`))) }
}
