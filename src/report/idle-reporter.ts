/**
 * The one line of a run with nothing to do, as `json-reporter.ts` would write it. Loading pino for it would cost a tenth of
 * such a run, and a host has a hundred of them a day.
 */
import { formatMoment } from '../core/duration.ts'
import type { RunListener } from '../core/run-events.ts'
import { endRecord } from './end-record.ts'
import type { TerminalOutput } from './terminal-reporter.ts'

export function openIdleReporter(output: TerminalOutput): RunListener {
  const say = (record: object): void => {
    const line = `${JSON.stringify(record)}\n`
    if (output.offer) output.offer(line)
    else output.write(line)
  }
  const stamp = () => formatMoment(Date.now())
  return {
    recovered: () => undefined,
    planned: () => undefined,
    started: () => undefined,
    stepped: () => undefined,
    skewed: () => undefined,
    noted: (note) => say({ level: 'warn', time: stamp(), event: 'note', msg: note }),
    ended(result) {
      const { level, facts, message } = endRecord(result)
      say({ level, time: stamp(), ...facts, msg: message })
    },
  }
}
