/**
 * Whether a secret must be read again: ordered named checks like those of a renewal. That a file was changed is told by its
 * stamp: nothing that could be guessed from is remembered, and every reading compares the bytes themselves.
 */

import { contentDrift, layoutDrift } from '../deciding/file-drift.ts'
import type { Verdict } from '../deciding/renewal.ts'
import { formatDuration, formatMoment } from '../duration.ts'
import type { EpochMs } from '../epoch-ms.ts'
import type { FileFacts, SecretFacts } from '../facts.ts'
import type { Secret } from '../material.ts'
import type { SecretMemory } from '../memory.ts'

export interface SecretInput {
  readonly secret: Secret
  readonly facts: SecretFacts
  readonly memory: SecretMemory | undefined
  readonly nowMs: EpochMs
  /** From `readAt`. */
  readonly dueAtMs: EpochMs
  readonly forced: boolean
}

export type SecretReason = (typeof SECRET_CHECKS)[number]['reason']

/** The first finding in order, or undefined when the files may stay as they are. */
export function judgeSecret(input: SecretInput): Verdict<SecretReason> | undefined {
  for (const { reason, check } of SECRET_CHECKS) {
    const message = check(input)
    if (message !== undefined) return { reason, message }
  }
  return undefined
}

/** When a secret is read again. A clock that jumped back must not hide it for longer. */
export function readAt(
  { refreshEveryMs }: Secret,
  memory: SecretMemory | undefined,
  nowMs: EpochMs,
): EpochMs {
  return memory === undefined || memory.atMs > nowMs ? nowMs : memory.atMs + refreshEveryMs
}

/** What of the configuration decides the bytes: another one means other bytes of the same version. */
export function shapeOf({ kvMount, path, fields, files }: Secret): string {
  const forms = files.map(({ role, path: at, raw, quoting }) => ({ role, at, raw, quoting }))
  return JSON.stringify({ kvMount, path, fields, forms })
}

/** Tells one writing of a file from another: a copy, an edit and a replacement each give a new one; mode and owner do not. */
export function stampOf(file: {
  readonly inode: number
  readonly mtimeMs: number
  readonly content: { readonly length: number }
}): string {
  return `${file.inode}:${file.content.length}:${file.mtimeMs}`
}

type Check = (input: SecretInput) => string | undefined

export const SECRET_CHECKS = [
  { reason: 'missing', check: firstFile((file) => absence(file, ['missing'])) },
  { reason: 'unreadable', check: firstFile((file) => absence(file, ['unreadable', 'refused'])) },
  { reason: 'changed', check: firstFile(contentDrift) },
  { reason: 'layout-drift', check: firstFile((file, { layout }) => layoutDrift(file, layout)) },
  { reason: 'form-drift', check: formDrift },
  { reason: 'look', check: look },
  { reason: 'forced', check: ({ forced }) => (forced ? 'a reading was asked for' : undefined) },
] as const satisfies readonly { reason: string; check: Check }[]

function firstFile(fault: (file: FileFacts, secret: Secret) => string | undefined): Check {
  return ({ facts, secret }) => {
    for (const file of facts.files) {
      const why = fault(file, secret)
      if (why !== undefined) return `${file.spec.path}: ${why}`
    }
    return undefined
  }
}

function absence(file: FileFacts, states: readonly FileFacts['state'][]): string | undefined {
  return file.state !== 'present' && states.includes(file.state) ? file.why : undefined
}

function formDrift({ secret, memory }: SecretInput): string | undefined {
  if (!memory || memory.shape === shapeOf(secret)) return undefined
  return 'expected the files as configured, found them written under another configuration'
}

function look({ memory, nowMs, dueAtMs }: SecretInput): string | undefined {
  if (nowMs < dueAtMs) return undefined
  if (!memory) return 'it was never read'
  return `last read ${formatDuration(Math.max(0, nowMs - memory.atMs))} ago, at ${formatMoment(memory.atMs)}`
}
