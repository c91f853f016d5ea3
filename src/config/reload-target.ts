import { parseDuration } from '../core/duration.ts'
import { DEFAULT_RELOAD_TIMEOUT_MS, type ReloadTarget } from '../core/target.ts'
import { containerTarget, unitTarget } from './managed-target.ts'
import { execTarget, httpTarget, signalTarget, socketTarget } from './own-target.ts'
import { readReloadText } from './reload-text.ts'
import type { ParsedReload, WrittenReload, WrittenTable } from './written-reload.ts'

/** The target, or the phrase that says what was expected instead. The text of a target parses to the same target again. */
export function parseReload(written: WrittenReload): ParsedReload {
  if (typeof written !== 'string') return fromTable(written)
  const table = readReloadText(written)
  return 'expected' in table ? table : fromTable(table)
}

function fromTable(written: WrittenTable): ParsedReload {
  const timeoutMs = (written.timeout && parseDuration(written.timeout)) || DEFAULT_RELOAD_TIMEOUT_MS
  const base = { timeoutMs }
  if ('url' in written) return httpTarget(written, base)
  if ('exec' in written) return execTarget(written, base)
  if ('pid_file' in written) return signalTarget(written, base)
  if ('systemd' in written) return unitTarget(written, base)
  if ('socket' in written) return socketTarget(written, base)
  return containerTarget(written, base)
}

/** What the schema has let through. */
export function interpretReload(written: WrittenReload): ReloadTarget {
  const target = parseReload(written)
  if ('expected' in target) throw new Error(`the schema let a reload target through: ${target.expected}`)
  return target
}
