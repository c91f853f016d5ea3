/** A keyset of an invented host, led on by keyroller's own core: every step that is due and not held, at each run. */
import type { EpochMs } from '../../src/core/epoch-ms.ts'
import { afterStep } from '../../src/core/keysets/after-step.ts'
import { emptyKeyset, type KeysetDocument } from '../../src/core/keysets/document.ts'
import { acceptedText } from '../../src/core/keysets/knowers.ts'
import { advanceHere } from '../../src/core/keysets/outlook.ts'
import { keysetShape } from '../../src/core/keysets/shape-of.ts'
import type { Keyset } from '../../src/core/material.ts'
import { type KeysetHold, mergeOwed, type RunMemory } from '../../src/core/memory.ts'

/** Its first version in use since then. */
export function begin({ name, policy }: Keyset, atMs: EpochMs): KeysetDocument {
  const made = afterStep(emptyKeyset(name), { kind: 'make', version: 1, keyKind: policy.kind }, { atMs })
  return afterStep(made, { kind: 'activate', version: 1, acceptForMs: policy.acceptForMs }, { atMs })
}

/** Consumers are owed what has changed. */
export function goOn(keyset: Keyset, memory: RunMemory, atMs: EpochMs): RunMemory {
  const known = memory.materials[keyset.id]?.keyset
  if (!known) return memory
  let { document } = known
  let next = advanceHere(keyset, document, memory, atMs)
  for (; next.kind === 'step'; next = advanceHere(keyset, document, memory, atMs))
    document = afterStep(document, next.step, { atMs })
  const held = next.kind === 'hold' ? holdOf(next, known.held, atMs) : undefined
  const after = { atMs, document, shape: keysetShape(keyset), stamps: {}, ...(held ? { held } : {}) }
  const isNews = acceptedText(document) !== acceptedText(known.document)
  const debts = keyset.reload.map(({ text }) => ({
    ...{ target: text, materials: [keyset.id], sinceMs: atMs },
    attempts: 0,
  }))
  return {
    ...memory,
    materials: { ...memory.materials, [keyset.id]: { keyset: after } },
    owed: isNews ? mergeOwed([...memory.owed, ...debts]) : memory.owed,
  }
}

function holdOf(
  { reason, message, dueAtMs }: Pick<KeysetHold, 'reason' | 'message' | 'dueAtMs'>,
  before: KeysetHold | undefined,
  atMs: EpochMs,
): KeysetHold {
  return { reason, message, dueAtMs, sinceMs: before?.sinceMs ?? atMs }
}
