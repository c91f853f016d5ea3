/** A keyset is not begun over keys that somebody else has put where its own will lie: nobody could get them back. */
import { KeyrollerError } from '../../core/errors.ts'
import type { FileRole } from '../../core/file-spec.ts'
import type { Keyset } from '../../core/material.ts'
import { hasVariable } from '../../core/secrets/set-variable.ts'
import type { RunContext } from '../context.ts'
import { seeFiles } from '../write-stored.ts'

/** Only of one of which neither its store nor this host knows a version. Files that are edited in place keep what is not ours. Throws `keyset-unfit`. */
export function refuseForeign(keyset: Keyset, context: Pick<RunContext, 'host'>): void {
  for (const { spec, reading } of seeFiles(keyset, context).readings) {
    if (reading.state !== 'present' || !holdsKey(spec.role, spec.keys?.variable, reading.content)) continue
    throw new KeyrollerError(
      'keyset-unfit',
      `${keyset.id}: expected no key at ${spec.path} before its first version is made, found one`,
      { hint: 'move it away, once whoever needs it has it from elsewhere; it was not touched' },
    )
  }
}

function holdsKey(role: FileRole, variable: string | undefined, content: Buffer): boolean {
  if (REPLACED.has(role)) return content.length > 0
  if (role !== 'variable' || variable === undefined) return false
  return hasVariable(content.toString('latin1'), variable)
}

/** Their whole bytes are ours. */
const REPLACED: ReadonlySet<FileRole> = new Set(['pem', 'public_pem', 'list', 'slots'])
