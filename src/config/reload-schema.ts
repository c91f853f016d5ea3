/** Whom to tell, and where to look: reload targets and probe of a material as they are written. */
import * as z from 'zod/mini'
import { SIGNALS } from '../core/target.ts'
import {
  absolutePath,
  containerLabel,
  containerName,
  dnsName,
  endpoint,
  timeout,
  unitName,
} from './formats.ts'
import { parseReload, RELOAD_TEXTS, type WrittenReload } from './reload-target.ts'
import { told } from './told.ts'

export const probe = z.strictObject({
  connect: told('HOST:PORT where a TLS client meets the certificate', endpoint),
  server_name: told('SNI and expected name; default: the common name', z.optional(dnsName)),
  timeout: told('how long to poll until the new certificate is served', z._default(timeout, '15s')),
})

const signal = z._default(z.enum(SIGNALS, { error: `one of ${SIGNALS.join(', ')}` }), 'HUP')
const reloadTimeout = z.optional(timeout)
const reloadTarget = z.union(
  [
    told(RELOAD_TEXTS, z.string().check(z.minLength(1, { error: RELOAD_TEXTS }))),
    z.strictObject({ podman: containerName, signal, timeout: reloadTimeout }),
    z.strictObject({ podman_label: containerLabel, signal, timeout: reloadTimeout }),
    z.strictObject({ systemd: unitName, timeout: reloadTimeout }),
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

/** What a table says is checked key by key already. */
function isTarget(written: WrittenReload, context: Refinement): void {
  const target = typeof written === 'string' ? parseReload(written) : undefined
  if (target && 'expected' in target) context.addIssue(target.expected)
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
