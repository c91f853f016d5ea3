import { joinServed } from '../../core/consumers/served.ts'
import { oweUnserved } from '../../core/consumers/settle-owed.ts'
import { KeyrollerError } from '../../core/errors.ts'
import type { Keyset, MaterialId, Paired } from '../../core/material.ts'
import type { ServedMemory } from '../../core/memory.ts'
import { explainServed } from '../consumers/mounts.ts'
import { owedFor } from '../consumers/owed-reloads.ts'
import { materialOf, pairOf, type RunContext } from '../context.ts'
import { readLeaf } from '../observing/observe.ts'
import type { Executor, StepDone } from './executor.ts'

/** Looks at the consumer as a client would. What is not served is owed again: a later run tells and looks once more. */
export const serveCheckExecutor: Executor<'serve-check'> = async ({ material: id }, context) => {
  const material = materialOf(context, id)
  if (material.kind === 'keyset') return checkKeyset(material, context)
  return checkPair(pairOf(context, id), context)
}

/** What its programs say of the versions that are installed. */
async function checkKeyset(keyset: Keyset, context: RunContext): Promise<StepDone> {
  const { id } = keyset
  const { askConsumers } = await import('../keysets/ask-consumers.ts')
  const { outcome, message, fingerprint } = await askConsumers(keyset, context)
  await remember(context, id, { outcome, message, fingerprint, atMs: context.host.clock() })
  if (outcome !== 'served') throw new KeyrollerError('serve-mismatch', `${id}: ${message}`)
  return { message: `${id}: ${message}` }
}

async function checkPair(material: Paired, context: RunContext): Promise<StepDone> {
  const { id } = material
  const expected = readLeaf(material, context.host, context.host.clock())
  if (!expected)
    throw new KeyrollerError(
      'serve-mismatch',
      `${id}: expected a certificate on disk to look for, found none`,
    )
  const { lookServed } = await import('../consumers/look-served.ts')
  const found = joinServed(await lookServed(material, expected, context))
  const { hint, ...seen } = await explainServed(found, material, context)
  await remember(context, id, { fingerprint: expected.fingerprint, ...seen, atMs: context.host.clock() })
  if (seen.outcome !== 'served')
    throw new KeyrollerError('serve-mismatch', `${id}: ${seen.message}`, hint ? { hint } : {})
  if (seen.unverified !== undefined) context.note(`${id}: served, but not verified: ${seen.unverified}`)
  return { message: `${id}: ${seen.message}${seen.peer === undefined ? '' : `, as ${seen.peer}`}` }
}

async function remember(context: RunContext, id: MaterialId, served: ServedMemory): Promise<void> {
  const again = served.outcome === 'served' ? [] : owedFor(context, [id], served.atMs)
  const owed = again.map((one) => ({ ...one, message: served.message }))
  const before = context.observation.memory.owed
  await context.memory.update((memory) => {
    const materials = { ...memory.materials, [id]: { ...memory.materials[id], served } }
    return oweUnserved({ ...memory, materials }, owed, before, served.atMs)
  })
}
