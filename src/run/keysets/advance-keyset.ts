/** The life of a keyset goes on: one step a write, each decided by what the store holds at that moment, until nothing more is due. */
import { KeyrollerError } from '../../core/errors.ts'
import { type Advance, advance } from '../../core/keysets/advance.ts'
import { closeActivation, forewarn } from '../../core/keysets/forewarn.ts'
import type { KeysetFacts } from '../../core/keysets/gates.ts'
import { wentBack } from '../../core/keysets/lineage.ts'
import { emptyRecord, type KeysetRecord, recordAfter } from '../../core/keysets/record.ts'
import type { KeysetStep } from '../../core/keysets/steps-ahead.ts'
import type { Keyset } from '../../core/material.ts'
import type { KeysetHold } from '../../core/memory.ts'
import { makeKey } from '../../x509/keysets/make-key.ts'
import { thumbprint } from '../../x509/keysets/thumbprint.ts'
import type { RunContext } from '../context.ts'
import { gatherFacts } from './gather-facts.ts'
import type { KeysetStoreHandle, StoredRecord } from './keyset-store.ts'
import { openStore } from './open-store.ts'
import { refuseForeign } from './refuse-foreign.ts'
import { takeOffRegister } from './take-off-register.ts'

export interface Advanced {
  readonly record: KeysetRecord
  /** What this run did, a sentence each. */
  readonly taken: readonly string[]
  /** What is due and may not be done yet, or could not be done if it were due. */
  readonly held?: Omit<KeysetHold, 'sinceMs'>
  readonly sweptBelow?: number
  /** Why a version that has ended keeps its bytes; files show it no more all the same. */
  readonly unregistered?: KeyrollerError
}

/** Making, activating, retiring and ending of two versions and more, with races lost in between. */
export const MOST_TURNS = 64

/**
 * A write that another host has won meanwhile is no failure: what it left decides anew. Throws `keyset-unfit` for a store that holds
 * less than this host knows of, and what the store throws.
 */
export async function advanceKeyset(keyset: Keyset, context: RunContext): Promise<Advanced> {
  const store = openStore(keyset, context)
  const taken: string[] = []
  for (let turn = 0; turn < MOST_TURNS; turn++) {
    const stored = await store.read()
    const record = trusted(keyset, stored, context)
    const next = await nextOf(keyset, record, context)
    const after = await afterNext(next, { keyset, record, stored, context })
    if (next.kind !== 'step' || !('record' in after))
      return {
        ...{ record, taken, ...after },
        ...(await heldBy(next, keyset, record, context)),
        ...(await sweep(record, store, context, keyset)),
      }
    if ((await store.write(after.record, stored?.revision)) === 'won') taken.push(sentence(next))
  }
  throw new KeyrollerError(
    'keyset-unfit',
    `${keyset.id}: expected its life to come to rest, found it still going on after ${MOST_TURNS} steps`,
  )
}

/** What is missing from a store may be in use somewhere: nothing is begun anew over it. Throws `keyset-unfit`. */
export function trusted(keyset: Keyset, stored: StoredRecord | undefined, context: RunContext): KeysetRecord {
  const known = context.memory.current().materials[keyset.id]?.keyset?.document
  if (!stored && !known) refuseForeign(keyset, context)
  const { record } = stored ?? { record: emptyRecord(keyset.name) }
  const fault = known && wentBack(known, record.document)
  if (fault === undefined) return record
  throw new KeyrollerError('keyset-unfit', `${keyset.id}: ${fault}`)
}

/** Asks around only when a version is to be put in use: nothing else has gates. */
async function nextOf(keyset: Keyset, { document }: KeysetRecord, context: RunContext): Promise<Advance> {
  const nowMs = context.host.clock()
  const next = advance(document, keyset.policy, OPEN, nowMs)
  if (next.kind !== 'step' || next.step.kind !== 'activate') return next
  return advance(document, keyset.policy, await gatherFacts(keyset, context), nowMs)
}

const OPEN: KeysetFacts = { controlPlane: { state: 'unneeded' }, consumers: [], hosts: [] }

/** A program that fails at the end of a version keeps nothing from consumers that is due before, least of all a cutoff. */
async function afterNext(
  next: Advance,
  taking: Taking,
): Promise<Pick<Advanced, 'unregistered'> | Pick<Advanced, 'record'>> {
  if (next.kind !== 'step') return {}
  try {
    return { record: await take(next.step, taking) }
  } catch (error) {
    if (error instanceof KeyrollerError && error.code === 'register-failed') return { unregistered: error }
    throw error
  }
}

export interface Taking {
  readonly keyset: Keyset
  readonly record: KeysetRecord
  readonly stored: StoredRecord | undefined
  readonly context: RunContext
}

/** The record after a step; what has to be done in the world before it can be so is done here. */
export async function take(
  step: KeysetStep,
  { keyset, record, stored, context }: Taking,
): Promise<KeysetRecord> {
  const done = { atMs: context.host.clock(), write: (stored?.revision ?? 0) + 1 }
  switch (step.kind) {
    case 'make':
    case 'replace': {
      const key = await makeKey(step.keyKind, keyset.rawBytes)
      const kid = keyset.kid === 'version' ? `v${step.version}` : thumbprint(key, step.keyKind)
      return recordAfter(record, step, { ...done, kid, key })
    }
    case 'archive':
    case 'destroy': {
      await takeOffRegister(keyset, record, step.version, context)
      return recordAfter(record, step, done)
    }
    case 'activate':
    case 'retire':
    case 'hasten':
    case 'hold':
    case 'unhold':
      return recordAfter(record, step, done)
  }
}

function sentence({ step, message }: Extract<Advance, { readonly kind: 'step' }>): string {
  return `${DONE[step.kind]} version ${step.version}: ${message}`
}

const DONE: { readonly [K in KeysetStep['kind']]: string } = {
  make: 'made',
  activate: 'put in use',
  replace: 'made and put in use',
  retire: 'retired',
  archive: 'archived',
  destroy: 'destroyed',
  hasten: 'hastened',
  hold: 'put under hold',
  unhold: 'released from hold',
}

async function heldBy(
  next: Advance,
  keyset: Keyset,
  { document }: KeysetRecord,
  context: RunContext,
): Promise<Pick<Advanced, 'held'>> {
  if (next.kind === 'hold') {
    const { reason, message, dueAtMs } = next
    return { held: { reason, message, dueAtMs } }
  }
  const close = closeActivation(document, keyset.policy, context.host.clock())
  const held = close && forewarn(close, await gatherFacts(keyset, context))
  return held ? { held } : {}
}

/** Earlier writes hold the bytes of versions that have ended. Whoever looks destroys them: who wrote the end may have died of it. */
async function sweep(
  { sweepBelow }: KeysetRecord,
  store: KeysetStoreHandle,
  { memory }: RunContext,
  { id }: Keyset,
): Promise<Pick<Advanced, 'sweptBelow'>> {
  if (sweepBelow === undefined) return {}
  const swept = memory.current().materials[id]?.keyset?.sweptBelow ?? 0
  if (swept < sweepBelow) await store.sweep(sweepBelow)
  return { sweptBelow: sweepBelow }
}
