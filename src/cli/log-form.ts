/** How a run is told while it goes: for people on a terminal, as JSON lines to the journal. */
import { type Command, InvalidArgumentError } from 'commander'
import type { RunListener } from '../core/run-events.ts'
import { type LogForm, openReporter } from '../report/open-reporter.ts'
import { type CommonOptions, type Edge, takesEscapes } from './edge.ts'

export function addLogOption(verb: Command): Command {
  return verb.option('--log <form>', 'human, json, or auto: human on a terminal', checkLogForm, 'auto')
}

/** Options of every verb that runs a plan. */
export interface RunOptions extends CommonOptions {
  readonly log: LogForm | 'auto'
}

/** With `--json` standard output is kept for the result. */
export function reporterFor(options: RunOptions, edge: Edge, kind: RunKind = 'work'): Promise<RunListener> {
  const output = options.json ? edge.stderr : edge.stdout
  return openReporter(logForm(options, edge), output, kind, takesEscapes(output, edge))
}

type RunKind = Parameters<typeof openReporter>[2]

function logForm({ log }: RunOptions, { stdout }: Edge): LogForm {
  if (log !== 'auto') return log
  return stdout.isTTY ? 'human' : 'json'
}

function checkLogForm(text: string): LogForm | 'auto' {
  if (text === 'human' || text === 'json' || text === 'auto') return text
  throw new InvalidArgumentError('expected human, json or auto')
}
