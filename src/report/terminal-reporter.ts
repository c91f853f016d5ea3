/** The run as lines for people, with the step under way on the last line of a terminal that takes escape codes. */
import { formatDuration, formatMoment } from '../core/duration.ts'
import type { RunListener, RunResult, StepOutcome } from '../core/run-events.ts'
import { type Paint, paint } from './paint.ts'

export interface TerminalOutput {
  write(text: string): unknown
  offer?(text: string): unknown
  readonly columns?: number
  /** File descriptor behind it, for the JSON form. */
  readonly fd?: number
}

export function openTerminalReporter(output: TerminalOutput, takesEscapes: boolean): RunListener {
  const color = paint(takesEscapes)
  const screen = openScreen(output, takesEscapes)
  return {
    recovered({ sets, damaged }) {
      for (const { material, outcome, message } of sets)
        screen.line(`recovered ${material}: ${outcome}: ${message}`)
      if (damaged !== undefined) screen.line(`journal: ${damaged}`)
    },
    planned({ decisions, settled, held }) {
      for (const { kind, material, reason, message } of decisions) {
        if (kind === 'keep') continue
        const word = kind === 'hold' ? color.yellow('hold') : 'plan'
        screen.line(`${word}  ${kind === 'hold' ? '' : `${kind} `}${material}: ${reason}: ${message}`)
      }
      for (const { target, reason, message } of held)
        screen.line(`${color.yellow('hold')}  ${target}: ${reason}: ${message}`)
      for (const { target } of settled)
        screen.line(`settle ${target}: no longer configured, nobody is left to tell`)
    },
    started: ({ message }) => screen.transient(message),
    stepped: (outcome) => stepLines(outcome, color).forEach(screen.line),
    skewed(server, lines) {
      for (const { subject, verdict, message } of lines)
        screen.line(`skew  ${subject}: ${verdict}: ${message}`)
      if (lines.length === 0) screen.line(`skew  server is ${server}`)
    },
    noted: (note) => screen.line(`note  ${note}`),
    ended: (result) => screen.line(endLine(result)),
  }
}

function stepLines(outcome: StepOutcome, color: Paint): string[] {
  const { step, tookMs } = outcome
  const took = tookMs >= 1000 ? ` (${formatDuration(tookMs)})` : ''
  switch (outcome.outcome) {
    case 'done':
      return [`${color.green('ok')}    ${outcome.message}${took}`]
    case 'skipped':
      return [`${color.yellow('skip')}  ${step.message}: ${outcome.message}`]
    case 'failed':
      return [`${color.red('FAIL')}  ${outcome.fault.message}${took}`, `      hint: ${outcome.fault.hint}`]
  }
}

function endLine({ plan, outcomes, startedMs, endedMs, exit }: RunResult): string {
  const next = plan.decisions.flatMap(({ kind, dueAtMs }) =>
    kind === 'keep' && dueAtMs !== undefined ? [dueAtMs] : [],
  )
  const when = next.length > 0 ? `, next due ${formatMoment(Math.min(...next))}` : ''
  if (outcomes.length === 0) return `nothing to do${when}${exit === 0 ? '' : `, exit ${exit}`}`
  const failed = outcomes.filter(({ outcome }) => outcome === 'failed').length
  const counts = `${outcomes.length} steps, ${failed} failed`
  return `${exit === 0 ? 'done' : `exit ${exit}`}: ${counts}, in ${((endedMs - startedMs) / 1000).toFixed(2)} s`
}

/** Lines that stay, and one on a terminal that does not. */
function openScreen(output: TerminalOutput, takesEscapes: boolean) {
  const clear = takesEscapes ? '\r\x1b[K' : ''
  const say = (text: string): void => void (output.offer ? output.offer(text) : output.write(text))
  return {
    line: (text: string): void => say(`${clear}${text}\n`),
    transient: (text: string): void => {
      if (takesEscapes) output.write(`${clear}${text.slice(0, (output.columns || 80) - 1)}`)
    },
  }
}
