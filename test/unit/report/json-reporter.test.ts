import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { RunListener } from '../../../src/core/run-events.ts'
import { openJsonReporter } from '../../../src/report/json-reporter.ts'
import { IDLE, tellAll } from './events.ts'

const folder = mkdtempSync(join(tmpdir(), 'keyroller-report-'))
afterAll(() => rmSync(folder, { recursive: true }))

function record(tell: (listener: RunListener) => void): Record<string, unknown>[] {
  const path = join(folder, 'log')
  const fd = openSync(path, 'w')
  tell(openJsonReporter(fd))
  closeSync(fd)
  return readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

describe('a run as JSON lines', () => {
  const records = record(tellAll)

  test('one line an event, each with a level and a moment, written before the call returns', () => {
    expect(records.map(({ level, event }) => [level, event])).toEqual([
      ['warn', 'recovered'],
      ['warn', 'journal-damaged'],
      ['info', 'planned'],
      ['warn', 'planned'],
      ['warn', 'waiting'],
      ['warn', 'settled'],
      ['info', 'step'],
      ['warn', 'step'],
      ['error', 'step'],
      ['info', 'skew'],
      ['warn', 'note'],
      ['error', 'ended'],
    ])
    for (const { time } of records) expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  })

  test('a failed step carries its code and hint', () => {
    expect(records[8]).toEqual({
      level: 'error',
      time: records[8]?.time,
      event: 'step',
      step: 'reload',
      outcome: 'failed',
      materials: ['certificate/web'],
      target: 'systemd:nginx.service',
      tookMs: 2500,
      fault: 'reload-failed',
      hint: 'keyroller renew',
      msg: 'systemd:nginx.service: expected active, found failed',
    })
  })

  test('the end says the exit code and what it means', () => {
    expect(records.at(-1)).toMatchObject({
      exit: 11,
      steps: 3,
      msg: expect.stringContaining('has not been told yet'),
    })
  })
})

test('a run with nothing due is one line, with the next moment', () => {
  const [only, ...more] = record((listener) => listener.ended(IDLE))
  expect(more).toEqual([])
  expect(only).toMatchObject({
    level: 'info',
    msg: 'nothing to do',
    exit: 0,
    nextDueAt: '2026-06-01T13:00:00Z',
  })
})

// A log on a full disk must cost the line, not the run.
test('a full disk under the log throws nothing into the run', () => {
  const fd = openSync('/dev/full', 'w')
  expect(() => tellAll(openJsonReporter(fd))).not.toThrow()
  closeSync(fd)
})
