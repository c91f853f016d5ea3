import type { RunListener } from '../core/run-events.ts'
import type { TerminalOutput } from './terminal-reporter.ts'

export type LogForm = 'human' | 'json'

/** pino is imported only where its form is asked for. */
export async function openReporter(form: LogForm, output: TerminalOutput): Promise<RunListener> {
  switch (form) {
    case 'json': {
      const { openJsonReporter } = await import('./json-reporter.ts')
      return openJsonReporter(output.fd ?? 1)
    }
    case 'human': {
      const { openTerminalReporter } = await import('./terminal-reporter.ts')
      return openTerminalReporter(output)
    }
  }
}
