import { describe, expect, test } from 'vitest'
import { EMPTY_MEMORY, type ServerMemory } from '../../../../src/core/memory.ts'
import type { Subject } from '../../../../src/core/notify/event.ts'
import { type StandingInput, standingOf } from '../../../../src/core/notify/standing.ts'
import type { MaterialStatus } from '../../../../src/core/status/rungs.ts'
import { TESTED_SERVERS } from '../../../../src/core/status/skew.ts'
import { DAY_MS, failure, NOW_MS } from '../builders.ts'
import { owed } from '../consumer-builders.ts'
import { status } from '../status/sound-status.ts'

const WEB = 'certificate/web'
const EXPIRED = { state: 'no', reason: 'expired', message: 'expired' } as const
const HOLD = { action: 'hold', reason: 'backing-off', message: '' } as const
const WINDOW = { action: 'hold', reason: 'outside-window', message: '' } as const
const RENEW = { action: 'renew', reason: 'missing', message: '' } as const

function standing(changes: Partial<MaterialStatus>, more: Partial<StandingInput> = {}) {
  const statuses = [status(changes)]
  return standingOf({
    ...{ statuses, interrupted: false, memory: EMPTY_MEMORY, version: '0.1.0', nowMs: NOW_MS },
    ...more,
  })
}

function wordsOf(subject: Subject, changes: Partial<MaterialStatus>, more: Partial<StandingInput> = {}) {
  const troubles = standing(changes, more).subjects.get(subject)
  return troubles?.map(({ kind, severity, reason }) => `${kind} ${severity} ${reason}`)
}

test.each<[string, Partial<MaterialStatus>, string[]]>([
  ['nothing', {}, []],
  ['a try that failed', { failure: failure() }, ['failed warning vault-unreachable']],
  ['expired and failing', { issued: EXPIRED, failure: failure(), next: HOLD }, ['failed critical expired']],
  ['expired, which nobody has tried to renew', { issued: EXPIRED, next: RENEW }, []],
  [
    'expired, and what could renew it cannot log in',
    { issued: EXPIRED, next: HOLD },
    ['failed critical expired'],
  ],
  [
    'not served',
    { served: { state: 'no', reason: 'other-certificate', message: '' } },
    ['failed critical other-certificate'],
  ],
  [
    'owed and ending',
    { owed: [owed('podman:a', [WEB])], notAfterMs: NOW_MS + 5 * DAY_MS, next: HOLD },
    ['owed warning owed', 'expiring warning ends'],
  ],
  ['at its end', { notAfterMs: NOW_MS + DAY_MS, next: HOLD }, ['expiring critical ends']],
  ['at its end, and renewed that late', { notAfterMs: NOW_MS + DAY_MS }, []],
  ['ending, and waiting for its window', { notAfterMs: NOW_MS + 5 * DAY_MS, next: WINDOW }, []],
  ['overdue, which a run that runs is not', { dueAtMs: NOW_MS - DAY_MS, next: RENEW }, []],
])('%s', (_, changes, words) => expect(wordsOf(WEB, changes)).toEqual(words))

test('a switch that was cut off is the host', () => {
  expect(wordsOf('host', {}, { interrupted: true })).toEqual(['failed warning interrupted'])
})

test('what was looked at is there without trouble', () => {
  expect([...standing({}).subjects]).toEqual([
    ['host', []],
    [WEB, []],
  ])
})

describe('skew', () => {
  const [tested] = TESTED_SERVERS
  const skewOf = (server: ServerMemory) => standing({}, { memory: { ...EMPTY_MEMORY, server } }).skew
  const works = { subject: 'identity/agent', check: 'login' } as const

  test('of no server is none', () => expect(standing({}).skew).toBeUndefined())

  test('as tested', () => {
    expect(skewOf({ version: tested, atMs: NOW_MS })).toMatchObject({ severity: 'info', reason: 'same' })
  })

  test('not as tested', () => {
    expect(skewOf({ version: '9.0.0', atMs: NOW_MS })).toMatchObject({
      severity: 'warning',
      reason: 'untested',
    })
  })

  test('an upgrade after which nobody can log in is another state, and critical', () => {
    const retest = { atMs: NOW_MS, from: '9.0.0', lines: [works] }
    const fault = { code: 'login-refused', message: 'refused', hint: '' } as const
    const sound = skewOf({ version: tested, atMs: NOW_MS, retest })
    const broken = skewOf({
      version: tested,
      atMs: NOW_MS,
      retest: { ...retest, lines: [{ ...works, fault }] },
    })
    expect(broken).toMatchObject({
      severity: 'critical',
      reason: 'login-refused',
      message: expect.stringContaining('; login of identity/agent fails since: refused'),
    })
    expect(broken?.state).not.toBe(sound?.state)
  })
})
