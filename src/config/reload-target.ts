import { DEFAULT_RELOAD_TIMEOUT_MS, type ReloadTarget } from '../core/consumers/target.ts'
import { parseDuration } from '../core/duration.ts'
import { containerTarget, unitTarget } from './managed-target.ts'
import { execTarget, httpTarget, signalTarget, socketTarget } from './own-target.ts'
import { readReloadText } from './reload-text.ts'
import type {
  ParsedReload,
  TargetOptions,
  WrittenOptions,
  WrittenReload,
  WrittenTable,
} from './written-reload.ts'

/** The target, or the phrase that says what was expected instead. The text of a target parses to the same target again. */
export function parseReload(written: WrittenReload): ParsedReload {
  if (typeof written !== 'string') return fromTable(written)
  const table = readReloadText(written)
  return 'expected' in table ? table : fromTable(table)
}

function fromTable(written: WrittenTable): ParsedReload {
  const base = readOptions(written)
  if ((base.settleMs ?? 0) >= base.timeoutMs) return { expected: 'a timeout longer than settle' }
  if ('podman' in written || 'podman_label' in written) return containerTarget(written, base)
  if ('docker' in written || 'docker_label' in written) return containerTarget(written, base)
  if ('url' in written) return httpTarget(written, base)
  if ('exec' in written) return execTarget(written, base)
  if ('pid_file' in written) return signalTarget(written, base)
  if ('systemd' in written) return unitTarget(written, base)
  return socketTarget(written, base)
}

function readOptions(written: WrittenOptions): TargetOptions {
  const [settleMs, delayMs] = [written.settle, written.delay].map((text) => text && parseDuration(text))
  return {
    timeoutMs: (written.timeout && parseDuration(written.timeout)) || DEFAULT_RELOAD_TIMEOUT_MS,
    ...(settleMs ? { settleMs } : {}),
    ...(written.retries ? { retries: written.retries } : {}),
    ...(delayMs ? { delayMs } : {}),
    ...(written.order ? { order: written.order } : {}),
  }
}

/** What the schema has let through. */
export function interpretReload(written: WrittenReload): ReloadTarget {
  const target = parseReload(written)
  if ('expected' in target) throw new Error(`the schema let a reload target through: ${target.expected}`)
  return target
}
