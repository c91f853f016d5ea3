/** Whom to tell: reload targets of a material as they are written. */
import * as z from 'zod/mini'
import { SIGNALS } from '../core/target.ts'
import { absolutePath, containerLabel, containerName, timeout, unitName } from './formats.ts'
import { parseReload, RELOAD_TEXTS, type WrittenReload } from './reload-target.ts'
import { told } from './told.ts'

const signal = z.optional(z.enum(SIGNALS, { error: `one of ${SIGNALS.join(', ')}` }))
const restart = told(
  'may it be restarted: true instead of a reload, "if-needed" when a reload did not help; default: never',
  z.optional(
    z.union([z.literal(true), z.literal('if-needed')], {
      error: 'true or "if-needed"',
    }),
  ),
)
const reloadTimeout = z.optional(timeout)
const reloadTarget = z.union(
  [
    told(RELOAD_TEXTS, z.string().check(z.minLength(1, { error: RELOAD_TEXTS }))),
    z.strictObject({ podman: containerName, signal, restart, timeout: reloadTimeout }),
    z.strictObject({ podman_label: containerLabel, signal, restart, timeout: reloadTimeout }),
    z.strictObject({ systemd: unitName, restart, timeout: reloadTimeout }),
    z.strictObject({ exec: z.tuple([absolutePath], z.string()), timeout: reloadTimeout }),
  ],
  { error: `a reload target: ${RELOAD_TEXTS}, or its long form` },
)

export const reload = z
  .array(reloadTarget.check(z.superRefine(isTarget)))
  // Also when another entry has a fault: all problems are told at once.
  .check(z.superRefine(eachOnce, { when: ({ value }) => Array.isArray(value) }))

interface Refinement {
  addIssue(issue: string | { readonly code: 'custom'; readonly message: string; path: PropertyKey[] }): void
}

function isTarget(written: WrittenReload, context: Refinement): void {
  const target = parseReload(written)
  if ('expected' in target) context.addIssue(target.expected)
}

function eachOnce(all: readonly WrittenReload[], context: Refinement): void {
  const seen = new Set<string>()
  for (const [index, written] of all.entries()) {
    const target = reloadTarget.safeParse(written).success ? parseReload(written) : undefined
    if (!target || 'expected' in target) continue
    if (seen.has(target.text))
      context.addIssue({ code: 'custom', message: 'each target once', path: [index] })
    seen.add(target.text)
  }
}
