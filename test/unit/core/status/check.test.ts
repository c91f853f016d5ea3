import { describe, expect, test } from 'vitest'
import { type CheckInput, DEFAULT_THRESHOLDS, judgeCheck } from '../../../../src/core/status/check.ts'
import { checkLine, unknownLine } from '../../../../src/core/status/check-line.ts'
import type { MaterialStatus } from '../../../../src/core/status/rungs.ts'
import { DAY_MS, failure, HOUR_MS, NOW_MS } from '../builders.ts'
import { owed } from '../consumer-builders.ts'
import { status } from './sound-status.ts'

function judge(statuses: readonly MaterialStatus[], changes: Partial<CheckInput> = {}) {
  return judgeCheck({
    statuses,
    interrupted: false,
    thresholds: DEFAULT_THRESHOLDS,
    nowMs: NOW_MS,
    ...changes,
  })
}

const renewing = { action: 'renew', reason: 'due', message: 'due' } as const

describe('what is found', () => {
  test.each<[string, Partial<MaterialStatus>, string, string[]]>([
    ['nothing', {}, 'ok', []],
    [
      'a rung nobody knows of',
      { loaded: { state: 'unknown', reason: 'because', message: '?' }, ready: false },
      'ok',
      [],
    ],
    [
      'expired',
      { issued: { state: 'no', reason: 'because', message: 'expired' }, notAfterMs: NOW_MS },
      'critical',
      ['issued'],
    ],
    [
      'not served',
      { served: { state: 'no', reason: 'because', message: 'old certificate' } },
      'critical',
      ['served'],
    ],
    [
      'no file',
      { installed: { state: 'no', reason: 'because', message: 'gone' }, next: renewing },
      'critical',
      ['installed'],
    ],
    [
      'a mode that the next run mends',
      {
        installed: { state: 'no', reason: 'because', message: 'mode' },
        next: { action: 'repair', reason: 'file-drift', message: '' },
      },
      'warning',
      ['installed'],
    ],
    [
      'not verified',
      { verified: { state: 'no', reason: 'because', message: 'another name' } },
      'warning',
      ['verified'],
    ],
    ['owed', { owed: [owed('podman:a', ['certificate/web'])] }, 'warning', ['owed']],
    ['failing', { failure: failure() }, 'warning', ['failed']],
    ['a quarter left', { notAfterMs: NOW_MS + 5 * DAY_MS }, 'warning', ['ends']],
    ['a tenth left', { notAfterMs: NOW_MS + 1.5 * DAY_MS }, 'critical', ['ends']],
    [
      'a keyset whose next version is held',
      { held: { reason: 'hosts', message: 'not yet do web1', sinceMs: NOW_MS, dueAtMs: NOW_MS } },
      'warning',
      ['held'],
    ],
    ['due and the timer dead', { dueAtMs: NOW_MS - 3 * HOUR_MS, next: renewing }, 'warning', ['overdue']],
    ['due, until the next run', { dueAtMs: NOW_MS - HOUR_MS, next: renewing }, 'ok', []],
    [
      'due, outside of its window',
      { dueAtMs: NOW_MS - DAY_MS, next: { action: 'hold', reason: 'outside-window', message: '' } },
      'ok',
      [],
    ],
    [
      'a bundle near the end of ten years, by a share',
      { id: 'bundle/ca', notBeforeMs: undefined } as never,
      'ok',
      [],
    ],
  ])('%s', (_, changes, state, reasons) => {
    const result = judge([status(changes)])
    expect([result.state, result.findings.map(({ reason }) => reason)]).toEqual([state, reasons])
  })

  test('a host that keeps nothing is unknown', () => expect(judge([]).state).toBe('unknown'))

  test('a switch that was cut off is a warning', () => {
    expect(judge([status()], { interrupted: true })).toMatchObject({
      state: 'warning',
      findings: [{ reason: 'interrupted' }],
    })
  })

  test('the critical one is told first and decides', () => {
    const worse = status({ id: 'certificate/b', served: { state: 'no', reason: 'because', message: 'old' } })
    const result = judge([status({ failure: failure() }), worse])
    expect(result.state).toBe('critical')
    expect(result.findings.map(({ material }) => material)).toEqual(['certificate/b', 'certificate/web'])
  })

  test('a consumer owed for two materials is one that is owed', () => {
    const debt = [owed('podman:a', ['certificate/web', 'certificate/b'])]
    expect(judge([status({ owed: debt }), status({ id: 'certificate/b', owed: debt })]).counts.owed).toBe(1)
  })
})

describe('the line', () => {
  test('of a sound host', () => {
    expect(
      checkLine(judge([status(), status({ id: 'identity/agent', notAfterMs: NOW_MS + 20 * DAY_MS })])),
    ).toBe(
      'KEYROLLER OK - 2 of 2 ready, certificate/web ends first, in 15d' +
        '|not_ready=0;;;0;2 owed=0;;;0 failed=0;;;0;2 overdue=0;;;0;2' +
        " 'certificate/web'=1296000s;648000:;259200: 'identity/agent'=1728000s;756000:;302400:",
    )
  })

  test('with limits that are times', () => {
    const thresholds = {
      warning: { kind: 'remaining', ms: 20 * DAY_MS },
      critical: { kind: 'remaining', ms: 2 * DAY_MS },
    } as const
    expect(checkLine(judge([status()], { thresholds }))).toMatch(
      /^KEYROLLER WARNING - certificate\/web: expected more than 20d of its life left, found 15d\|.*=1296000s;1728000:;172800:$/,
    )
  })

  test('however many materials and whatever others say: one line, one bar, readable figures', () => {
    const loud = { state: 'no', reason: 'because', message: 'a|b\nc\u001b[31m' } as const
    const many = Array.from({ length: 100 }, (_, n) => status({ id: `certificate/app-${n}`, served: loud }))
    const line = checkLine(judge(many))
    expect(line).toMatch(/^KEYROLLER CRITICAL - [^|]* and 92 more\|[^|]*$/)
    expect(line).not.toMatch(/\p{Cc}/u)
    const figures = line.split('|')[1]?.split(' ') ?? []
    expect(figures).toHaveLength(44)
    for (const figure of figures) expect(figure).toMatch(/^(?:\w+|'[^'=]+')=-?\d+s?(?:;[\d:]*){2,4}$/)
    expect(unknownLine('a|b')).toBe('KEYROLLER UNKNOWN - a/b')
  })
})
