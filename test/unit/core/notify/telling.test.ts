import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { planTelling } from '../../../../src/core/notify/telling.ts'
import { isTold } from '../../../../src/core/notify/told.ts'
import { HOUR_MS, NOW_MS } from '../builders.ts'
import { NO_LIMIT, play, type Said, SUBJECTS, standing, type Tick, ticksArb, trouble } from './play.ts'

const WEB = 'certificate/web'
const MINUTE_MS = 60_000

function tick(is: Tick['standing'], afterMs = MINUTE_MS, isTaken = true): Tick {
  return { standing: is, afterMs, isTaken }
}

function wordsOf(said: readonly Said[]): string[] {
  return said.flatMap(({ events }) =>
    events.map(({ kind, subject, severity }) => `${kind} ${subject} ${severity}`),
  )
}

describe('what is said', () => {
  test('a failure once, that it got worse once, and that it is over', () => {
    const failing = standing(trouble(WEB, 'failed'))
    const expired = standing(trouble(WEB, 'failed', 'critical'))
    const { said } = play(
      [failing, failing, expired, expired, standing(), standing()].map((is) => tick(is)),
      NO_LIMIT,
    )
    expect(wordsOf(said)).toEqual([
      'failed certificate/web warning',
      'failed certificate/web critical',
      'recovered certificate/web info',
    ])
  })

  test('milder is no news, and worse again is', () => {
    const [mild, bad] = [standing(trouble(WEB, 'failed')), standing(trouble(WEB, 'failed', 'critical'))]
    const { said } = play(
      [bad, mild, bad].map((is) => tick(is)),
      NO_LIMIT,
    )
    expect(wordsOf(said)).toEqual(['failed certificate/web critical', 'failed certificate/web critical'])
  })

  test('recovered once nothing stands of all that was told, with what is over', () => {
    const both = standing(trouble(WEB, 'failed'), trouble(WEB, 'owed'))
    const { said } = play(
      [both, standing(trouble(WEB, 'owed')), standing()].map((is) => tick(is)),
      NO_LIMIT,
    )
    expect(wordsOf(said)).toEqual([
      'failed certificate/web warning',
      'owed certificate/web warning',
      'recovered certificate/web info',
    ])
    expect(said[1]?.events[0]?.message).toMatch(/^over: owed \(owed-reason\) since \d{4}-/)
  })

  test('again by the next run what was not taken', () => {
    const failing = standing(trouble(WEB, 'failed'))
    const { said } = play([tick(failing, 0, false), tick(failing), tick(failing)], NO_LIMIT)
    expect(said.map(({ isTaken }) => isTaken)).toEqual([false, true])
  })

  test('what the limit held back, when there is room again and it still stands', () => {
    const limits = { perMaterial: 1, overall: 10 }
    const failing = standing(trouble(WEB, 'failed'))
    const { said } = play([tick(failing), tick(standing()), tick(failing), tick(standing(), HOUR_MS)], limits)
    expect(wordsOf(said)).toEqual(['failed certificate/web warning', 'recovered certificate/web info'])
  })

  test('nothing of what is configured no longer', () => {
    const { told, nowMs } = play([tick(standing(trouble(WEB, 'failed')))], NO_LIMIT)
    const without = { subjects: new Map(SUBJECTS.filter((one) => one !== WEB).map((one) => [one, []])) }
    expect(planTelling(told, without, NO_LIMIT, nowMs)).toEqual({
      events: [],
      told: { ...told, troubles: {} },
    })
  })

  test('one message for a whole outage', () => {
    const outage = standing(...SUBJECTS.map((subject) => trouble(subject, 'failed')))
    const { said } = play([tick(outage)], { perMaterial: 1, overall: 1 })
    expect([said.length, said[0]?.events.length]).toEqual([1, 3])
  })
})

describe('skew', () => {
  const server = (state: string, severity: 'info' | 'warning') =>
    tick({ ...standing(), skew: { state, subject: 'host', severity, reason: 'minor', message: state } })

  test('the first server is no change when it is as it should be', () => {
    expect(play([server('1.21.1', 'info')], NO_LIMIT).said).toEqual([])
    expect(wordsOf(play([server('2.0.0', 'warning')], NO_LIMIT).said)).toEqual(['skew-changed host warning'])
  })

  test('another is one, there and back', () => {
    const ticks = [server('1.21.1', 'info'), server('2.0.0', 'warning'), server('1.21.1', 'info')]
    expect(wordsOf(play([...ticks, ...ticks.slice(2)], NO_LIMIT).said)).toEqual([
      'skew-changed host warning',
      'skew-changed host info',
    ])
  })
})

describe('whatever happens', () => {
  test('nothing is said when nothing changed', () => {
    fc.assert(
      fc.property(ticksArb, (ticks) => {
        const again = ticks.flatMap((one) => [{ ...one, isTaken: true }, tick(one.standing)])
        const { said } = play(again, NO_LIMIT)
        for (const [index, { standing: at }] of said.entries()) expect(at).not.toBe(said[index - 1]?.standing)
      }),
    )
  })

  test('recovered is said only after a trouble was, and while nothing stands', () => {
    fc.assert(
      fc.property(ticksArb, fc.integer({ min: 1, max: 5 }), (ticks, most) => {
        const open = new Set<string>()
        for (const { events, isTaken, standing: at } of play(ticks, { perMaterial: most, overall: most * 2 })
          .said) {
          for (const { kind, subject } of events) {
            if (kind === 'skew-changed') continue
            if (kind === 'recovered')
              expect([open.has(subject), at.subjects.get(subject)]).toEqual([true, []])
            if (!isTaken) continue
            if (kind === 'recovered') open.delete(subject)
            else open.add(subject)
          }
        }
      }),
    )
  })

  test('no hour sees more messages than allowed, delivered or not', () => {
    fc.assert(
      fc.property(
        ticksArb,
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 6 }),
        (ticks, perMaterial, overall) => {
          const { said } = play(ticks, { perMaterial, overall })
          for (const { atMs } of said) {
            const hour = said.filter((one) => one.atMs >= atMs && one.atMs < atMs + HOUR_MS)
            expect(hour.length).toBeLessThanOrEqual(overall)
            for (const subject of SUBJECTS) {
              const about = hour.filter(({ events }) => events.some((event) => event.subject === subject))
              expect(about.length).toBeLessThanOrEqual(perMaterial)
            }
          }
        },
      ),
    )
  })

  test('without limits all that stands is known to be told, as bad as it is', () => {
    fc.assert(
      fc.property(ticksArb, (ticks) => {
        const { told } = play(
          ticks.map((one) => ({ ...one, isTaken: true })),
          NO_LIMIT,
        )
        const last = ticks.at(-1)?.standing ?? standing()
        const known = SUBJECTS.flatMap((subject) =>
          Object.entries(told.troubles[subject] ?? {}).map(
            ([kind, { severity }]) => `${subject} ${kind} ${severity}`,
          ),
        )
        const stands = SUBJECTS.flatMap((subject) =>
          (last.subjects.get(subject) ?? []).map(({ kind, severity }) => `${subject} ${kind} ${severity}`),
        )
        expect(known.sort()).toEqual(stands.sort())
      }),
    )
  })

  test('what is remembered is read back', () => {
    fc.assert(
      fc.property(ticksArb, (ticks) => {
        const { told } = play(ticks, NO_LIMIT)
        expect(isTold(JSON.parse(JSON.stringify(told)))).toBe(true)
      }),
    )
  })

  test('a clock that went back a day does not silence for a day', () => {
    const { told } = play([tick(standing(trouble(WEB, 'failed')))], { perMaterial: 1, overall: 1 })
    const past = NOW_MS - 24 * HOUR_MS
    expect(planTelling(told, standing(), { perMaterial: 1, overall: 1 }, past).events).toHaveLength(1)
  })
})
