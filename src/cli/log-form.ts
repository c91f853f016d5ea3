/** How a run is told while it goes: for people on a terminal, as JSON lines to the journal. */
import { type Command, InvalidArgumentError } from 'commander'
import type { LogForm } from '../report/open-reporter.ts'
import type { Edge } from './edge.ts'

export function addLogOption(verb: Command): Command {
  return verb.option('--log <form>', 'human, json, or auto: human on a terminal', checkLogForm, 'auto')
}

export function logForm({ log }: { readonly log: LogForm | 'auto' }, { stdout }: Edge): LogForm {
  if (log !== 'auto') return log
  return stdout.isTTY ? 'human' : 'json'
}

function checkLogForm(text: string): LogForm | 'auto' {
  if (text === 'human' || text === 'json' || text === 'auto') return text
  throw new InvalidArgumentError('expected human, json or auto')
}
