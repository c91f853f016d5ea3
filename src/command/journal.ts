/** Entries with fields of their own in the journal of systemd: systemd.journal-fields(7). */
import { KeyrollerError } from '../core/errors.ts'
import { describeFailure } from './run-command.ts'
import { runHook } from './run-hook.ts'

/**
 * Writes one entry. logger(1) of util-linux speaks the protocol of journald; it reads a field a line. Rejects with
 * `reload-failed`, with `target-missing` where there is no such program, and with its reason when `signal` aborts.
 */
export async function writeJournal(
  fields: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  const lines = Object.entries(fields).map(([name, value]) => `${name}=${value.replace(/[\r\n]+/g, ' ')}\n`)
  const end = await runHook({
    argv: ['logger', '--journald'],
    environment: {},
    input: lines.join(''),
    signal,
  })
  if (end.failure) throw new KeyrollerError('reload-failed', describeFailure(end))
}
