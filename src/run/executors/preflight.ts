import type { MaterialId } from '../../core/material.ts'
import { keepLimit } from '../../core/planning/keep-limit.ts'
import { tryOwnDirectory } from '../../files/own/own-file.ts'
import { type PreflightTarget, preflight } from '../../files/preflight.ts'
import { neededNames } from '../../files/switching/journal.ts'
import { alive, materialOf, type RunContext } from '../context.ts'
import { imageFrame } from '../file-images.ts'
import { findBorrowed } from '../find-borrowed.ts'
import type { Executor } from './executor.ts'

/** What journal, memory and ledger take: paths, digests, serials, sentences. */
const BYTES_FOR_ANY = 24 * 1024
const BYTES_A_PATH = 2048

/** A full disk or a planted link must be found before Vault has signed anything. */
export const preflightExecutor: Executor<'preflight'> = async (step, context) => {
  const targets = new Map<string, MaterialId>()
  const frames: PreflightTarget[] = []
  for (const id of alive(context, step.materials)) {
    for (const frame of framesOf(id, context)) {
      targets.set(frame.path, id)
      frames.push(frame)
    }
  }
  tryOwnDirectory(
    context.config.stateDir,
    BYTES_FOR_ANY + frames.length * BYTES_A_PATH + keptBytes(step.materials, context),
  )
  const failed = findBorrowed(context, step.materials)
  for (const [path, fault] of await preflight(frames, neededNames(context.config.stateDir))) {
    const id = targets.get(path)
    if (id) failed.set(id, fault)
  }
  return { message: `${frames.length} paths can be written`, failed }
}

/** What is to be replaced will be kept there, in base64. */
function keptBytes(ids: readonly MaterialId[], context: RunContext): number {
  const kept = ids.filter((id) => keepLimit(context.config, materialOf(context, id)) > 0)
  const files = kept.flatMap((id) => context.observation.materials.get(id)?.files ?? [])
  const sizes = files.map((file) => (file.state === 'present' ? (file.size ?? 0) : 0))
  return sizes.reduce((sum, size) => sum + Math.ceil((size * 4) / 3), 0)
}

function framesOf(id: MaterialId, context: RunContext): PreflightTarget[] {
  const material = materialOf(context, id)
  const { layout } = material
  const files = context.observation.materials.get(id)?.files ?? []
  return files.map((file) => ({ ...imageFrame(file, material), material: id, layout }))
}
