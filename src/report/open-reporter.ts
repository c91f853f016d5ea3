import type { RunListener } from '../core/run-events.ts'
import type { TerminalOutput } from './terminal-reporter.ts'

export type LogForm = 'human' | 'json'

/** pino is imported only where its form is asked for, and not for the one line of a run with nothing to do. */
export async function openReporter(
  form: LogForm,
  output: TerminalOutput,
  kind: 'idle' | 'held' | 'work',
  takesEscapes: boolean,
): Promise<RunListener> {
  if (form === 'human') {
    const { openTerminalReporter } = await import('./terminal-reporter.ts')
    return openTerminalReporter(output, takesEscapes)
  }
  if (kind === 'idle') {
    const { openIdleReporter } = await import('./idle-reporter.ts')
    return openIdleReporter(output)
  }
  const { openJsonReporter } = await import('./json-reporter.ts')
  return openJsonReporter(output.fd ?? 1)
}
