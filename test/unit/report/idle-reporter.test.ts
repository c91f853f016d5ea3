import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { RunListener } from '../../../src/core/run-events.ts'
import { openIdleReporter } from '../../../src/report/idle-reporter.ts'
import { openJsonReporter } from '../../../src/report/json-reporter.ts'
import { IDLE, RESULT } from './events.ts'

/** Without the moment of writing. */
function withoutTime(line: string): string {
  return line.replace(/"time":"[^"]+"/, '"time":""')
}

function asPinoWrites(tell: (listener: RunListener) => void): string {
  const folder = mkdtempSync(join(tmpdir(), 'keyroller-report-'))
  const fd = openSync(join(folder, 'log'), 'w')
  tell(openJsonReporter(fd))
  closeSync(fd)
  const text = readFileSync(join(folder, 'log'), 'utf8')
  rmSync(folder, { recursive: true })
  return text
}

// Whoever reads the journal must not see that another hand wrote this line.
test.each<[string, (listener: RunListener) => void]>([
  ['the end', (listener) => listener.ended(IDLE)],
  ['the end of a run that failed', (listener) => listener.ended(RESULT)],
  ['a note', (listener) => listener.noted('status.json: expected to save it, found ENOSPC')],
])('%s is the line that pino writes, to the byte', (_, tell) => {
  let text = ''
  tell(
    openIdleReporter({
      write: (more) => {
        text += more
      },
    }),
  )
  expect(withoutTime(text)).toBe(withoutTime(asPinoWrites(tell)))
})
