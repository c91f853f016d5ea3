/** Before files are switched: what is there now is kept, so that it can be gone back to and no tool's work is ever lost. */

import { isOwnInstall } from '../../core/deciding/installed-facts.ts'
import type { EpochMs } from '../../core/epoch-ms.ts'
import { KeyrollerError } from '../../core/errors.ts'
import { type CertificateFacts, certificateOf } from '../../core/facts.ts'
import { type KeptSet, keptSetName } from '../../core/kept-set.ts'
import type { MaterialId } from '../../core/material.ts'
import { keepLimit } from '../../core/planning/keep-limit.ts'
import { type KeptContent, listKeptSets, removeKeptSets, saveKeptSets } from '../../files/own/kept-sets.ts'
import type { FileSet } from '../../files/switching/layout-work.ts'
import { materialOf, type RunContext } from '../context.ts'
import { readFiles } from '../observing/observe.ts'
import type { SeenFiles } from '../observing/observe-files.ts'

export interface KeptBefore {
  readonly kept: ReadonlyMap<MaterialId, KeptSet>
  /** Those whose files could not be kept: they must not be switched. */
  readonly failed: ReadonlyMap<MaterialId, KeyrollerError>
}

/**
 * Durable once resolved. Nothing is kept of a set that replaces nothing or only the same bytes, and when the configuration
 * says so. Throws `state-failed` when nothing can be kept at all.
 */
export async function keepPrevious(context: RunContext, sets: readonly FileSet[]): Promise<KeptBefore> {
  const { config, host } = context
  const { contents, failed } = gather(context, sets)
  if (contents.size === 0) return { kept: new Map(), failed }
  const faults = await saveKeptSets(config.stateDir, host, contents)
  const kept = new Map<MaterialId, KeptSet>()
  for (const set of contents.keys()) {
    const fault = faults.get(set.fileName)
    if (fault) failed.set(set.material, fault)
    else kept.set(set.material, set)
  }
  return { kept, failed }
}

function gather(context: RunContext, all: readonly FileSet[]) {
  const { config, host } = context
  const failed = new Map<MaterialId, KeyrollerError>()
  const contents = new Map<KeptSet, KeptContent>()
  const sets = all.filter(({ material }) => keepLimit(config, materialOf(context, material)) > 0)
  if (sets.length === 0) return { contents, failed }
  const nowMs = host.clock()
  const materials = sets.map(({ material }) => materialOf(context, material))
  const seen = readFiles(materials, host, nowMs)
  const taken = new Set(listKeptSets(config.stateDir).map(({ fileName }) => fileName))
  for (const set of sets) {
    const files = seen.get(set.material)
    if (!files) continue
    const fault = findUnreadable(set, files)
    if (fault) failed.set(set.material, fault)
    else if (losesBytes(set, files))
      contents.set(nameSet(set.material, files, nowMs, taken), contentOf(set.material, files, context))
  }
  return { contents, failed }
}

/** What was kept of sets that were not replaced after all is a copy of a key too many. What stays all the same, a later run prunes. */
export function dropKept({ config }: RunContext, sets: readonly KeptSet[]): void {
  if (sets.length > 0) removeKeptSets(config.stateDir, sets, config.previous)
}

/** What cannot be read cannot be kept, and what cannot be kept is not replaced. */
function findUnreadable({ images }: FileSet, { readings }: SeenFiles): KeyrollerError | undefined {
  const replaced = new Set(images.map(({ path }) => path))
  for (const { spec, reading } of readings) {
    if (!replaced.has(spec.path) || reading.state === 'present' || reading.state === 'missing') continue
    const code = reading.state === 'refused' ? 'files-refused' : 'files-failed'
    return new KeyrollerError(code, `${spec.path}: ${reading.why}, so it cannot be kept`)
  }
  return undefined
}

function losesBytes({ images }: FileSet, { readings }: SeenFiles): boolean {
  const next = new Map(images.map(({ path, content }) => [path, content]))
  return readings.some(({ spec, reading }) => {
    const content = next.get(spec.path)
    return content !== undefined && reading.state === 'present' && !reading.content.equals(content)
  })
}

/** Under a name of its own, also when the clock stands still; with a certificate only where its key is kept along. */
function nameSet(material: MaterialId, { facts }: SeenFiles, nowMs: EpochMs, taken: Set<string>): KeptSet {
  const certificate = facts.kind === 'pair' && facts.keyMatches ? certificateOf(facts) : undefined
  for (let keptAtMs = nowMs; ; keptAtMs += 1) {
    const set = { material, keptAtMs, ...(certificate ? { certificate: partOf(certificate) } : {}) }
    const fileName = keptSetName(set)
    if (taken.has(fileName)) continue
    taken.add(fileName)
    return { ...set, fileName }
  }
}

function partOf({ serial, notBeforeMs, notAfterMs }: CertificateFacts) {
  return { serial, notBeforeMs, notAfterMs }
}

function contentOf(id: MaterialId, { facts, readings }: SeenFiles, { memory }: RunContext): KeptContent {
  const isOwn = isOwnInstall(memory.current().materials[id], facts)
  const isEdited = facts.files.some((file) => file.state === 'present' && file.content === 'stale')
  const files = readings.flatMap(({ spec, reading }) => {
    if (reading.state !== 'present') return []
    const { role, format, order, path } = spec
    const { mode, uid, gid, content } = reading
    const form = { ...(format === undefined ? {} : { format }), ...(order === undefined ? {} : { order }) }
    return [{ role, ...form, path, mode, uid, gid, content }]
  })
  return { byKeyroller: isOwn && !isEdited, files }
}
