/**
 * Whether files must be made anew whose bytes only a store knows: ordered named checks like those of a renewal. That a file was
 * changed is told by its stamp: nothing that could be guessed from is remembered, and every reading compares the bytes themselves.
 */

import { formatDuration, formatMoment } from '../duration.ts'
import type { EpochMs } from '../epoch-ms.ts'
import type { FileFacts } from '../facts.ts'
import type { Layout } from '../material.ts'
import { contentDrift, layoutDrift } from './file-drift.ts'
import type { Verdict } from './renewal.ts'

export interface StoredInput {
  readonly layout: Layout
  readonly files: readonly FileFacts[]
  readonly memory: LookMemory | undefined
  /** What of the configuration decides the bytes: another one means other bytes of the same version. */
  readonly shape: string
  readonly nowMs: EpochMs
  /** When the store is looked at again. */
  readonly dueAtMs: EpochMs
  readonly forced: boolean
}

/** What the last look at the store left. */
export interface LookMemory {
  readonly atMs: EpochMs
  readonly shape: string
}

export type StoredReason = (typeof STORED_CHECKS)[number]['reason']

/** The first finding in order, or undefined when the files may stay as they are. */
export function judgeStored(input: StoredInput): Verdict<StoredReason> | undefined {
  for (const { reason, check } of STORED_CHECKS) {
    const message = check(input)
    if (message !== undefined) return { reason, message }
  }
  return undefined
}

/** When a store is looked at again. A clock that jumped back must not hide it for longer. */
export function lookAgainAt(everyMs: number, memory: LookMemory | undefined, nowMs: EpochMs): EpochMs {
  return memory === undefined || memory.atMs > nowMs ? nowMs : memory.atMs + everyMs
}

/** Tells one writing of a file from another: a copy, an edit and a replacement each give a new one; mode and owner do not. */
export function stampOf(file: {
  readonly inode: number
  readonly mtimeMs: number
  readonly content: { readonly length: number }
}): string {
  return `${file.inode}:${file.content.length}:${file.mtimeMs}`
}

type Check = (input: StoredInput) => string | undefined

export const STORED_CHECKS = [
  { reason: 'missing', check: firstFile((file) => absence(file, ['missing'])) },
  { reason: 'unreadable', check: firstFile((file) => absence(file, ['unreadable', 'refused'])) },
  { reason: 'changed', check: firstFile(contentDrift) },
  { reason: 'layout-drift', check: firstFile((file, { layout }) => layoutDrift(file, layout)) },
  { reason: 'form-drift', check: formDrift },
  { reason: 'look', check: look },
  { reason: 'forced', check: ({ forced }) => (forced ? 'a reading was asked for' : undefined) },
] as const satisfies readonly { reason: string; check: Check }[]

function firstFile(fault: (file: FileFacts, input: StoredInput) => string | undefined): Check {
  return (input) => {
    for (const file of input.files) {
      const why = fault(file, input)
      if (why !== undefined) return `${file.spec.path}: ${why}`
    }
    return undefined
  }
}

function absence(file: FileFacts, states: readonly FileFacts['state'][]): string | undefined {
  return file.state !== 'present' && states.includes(file.state) ? file.why : undefined
}

function formDrift({ shape, memory }: StoredInput): string | undefined {
  if (!memory || memory.shape === shape) return undefined
  return 'expected the files as configured, found them written under another configuration'
}

function look({ memory, nowMs, dueAtMs }: StoredInput): string | undefined {
  if (nowMs < dueAtMs) return undefined
  if (!memory) return 'it was never read'
  return `last read ${formatDuration(Math.max(0, nowMs - memory.atMs))} ago, at ${formatMoment(memory.atMs)}`
}
