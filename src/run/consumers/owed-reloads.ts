/** What a switch owes, as entries of the memory. */
import type { EpochMs } from '../../core/epoch-ms.ts'
import type { MaterialId } from '../../core/material.ts'
import type { OwedReload } from '../../core/memory.ts'
import type { RunContext } from '../context.ts'

/** One entry per target that these materials name. */
export function owedFor(
  context: RunContext,
  materials: readonly MaterialId[],
  sinceMs: EpochMs,
): OwedReload[] {
  const owed = new Map<string, MaterialId[]>()
  for (const id of materials) {
    for (const { text } of context.materials.get(id)?.reload ?? [])
      owed.set(text, [...(owed.get(text) ?? []), id])
  }
  return [...owed].map(([target, ids]) => ({ target, materials: ids, sinceMs, attempts: 0 }))
}
