import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { calendarOf, comingRotation, type Rotation } from '../../../../src/core/keysets/calendar.ts'
import type { KeysetDocument } from '../../../../src/core/keysets/document.ts'
import { outlookOf } from '../../../../src/core/keysets/outlook.ts'
import { keysetShape } from '../../../../src/core/keysets/shape-of.ts'
import { EMPTY_MEMORY } from '../../../../src/core/memory.ts'
import { DAY_MS, NOW_MS } from '../builders.ts'
import { keyset } from '../keyset-builders.ts'
import { active, next, of, retiring } from './versions.ts'

const ROTATION: Rotation = {
  name: 'tokens',
  from: 3,
  to: 4,
  atMs: NOW_MS + 30 * DAY_MS,
  publishAheadMs: 7 * DAY_MS,
  place: 'kv/keysets/tokens',
}

test('an event, with its alarm when the version is published', () => {
  expect(calendarOf([ROTATION], NOW_MS)).toBe(
    [
      'BEGIN:VCALENDAR',
      'VERSION:2.0',
      'PRODID:-//keyroller//keysets//EN',
      'BEGIN:VEVENT',
      'UID:v4.tokens.kv/keysets/tokens@keyroller',
      'DTSTAMP:20260601T120000Z',
      'DTSTART:20260701T120000Z',
      'SUMMARY:keyset tokens: v4 takes over from v3',
      'DESCRIPTION:v4 is published at 2026-06-24T12:00:00Z\\, 7d before it is used.',
      '  keyroller keyset show tokens',
      'TRANSP:TRANSPARENT',
      'BEGIN:VALARM',
      'ACTION:DISPLAY',
      'TRIGGER:-PT604800S',
      'DESCRIPTION:keyset tokens: v4 takes over from v3',
      'END:VALARM',
      'END:VEVENT',
      'END:VCALENDAR',
      '',
    ].join('\r\n'),
  )
})

test('a host without rotations', () => {
  expect(calendarOf([], NOW_MS)).toBe(
    'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//keyroller//keysets//EN\r\nEND:VCALENDAR\r\n',
  )
})

describe('when the next version takes over', () => {
  test.each<[string, KeysetDocument, Partial<Rotation> | undefined]>([
    ['one yet to be made', of(active(1, 5)), { from: 1, to: 2, atMs: NOW_MS + 85 * DAY_MS }],
    ['one in waiting', of(active(1, 85), next(2, 3)), { from: 1, to: 2, atMs: NOW_MS + 5 * DAY_MS }],
    ['beside one that goes', of(retiring(1), active(2, 20)), { from: 2, to: 3, atMs: NOW_MS + 70 * DAY_MS }],
    ['overdue, it stays at its date', of(active(1, 95), next(2, 10)), { atMs: NOW_MS - 3 * DAY_MS }],
    ['the first', of(next(1, 1)), undefined],
  ])('%s', (_, document, expected) => {
    const found = rotationOf(document)
    if (expected) expect(found).toMatchObject(expected)
    else expect(found).toBeUndefined()
  })
})

test('no line is longer than 75 octets, and unfolded it is what it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (name) => {
      const text = calendarOf([{ ...ROTATION, name }], NOW_MS)
      const lines = text.split('\r\n')
      expect(Math.max(...lines.map((line) => Buffer.byteLength(line)))).toBeLessThanOrEqual(75)
      const summary = /SUMMARY:(.*)\r\n/.exec(text.replaceAll('\r\n ', ''))?.[1] ?? ''
      expect(summary.replaceAll('\\n', '\n').replaceAll(/\\([\\;,])/g, '$1').length).toBeGreaterThan(0)
      expect(lines.at(-1)).toBe('')
    }),
  )
})

function rotationOf(document: KeysetDocument): Rotation | undefined {
  const material = keyset('tokens')
  const known = { atMs: NOW_MS, document, shape: keysetShape(material), stamps: {} }
  const outlook = outlookOf(
    material,
    { ...EMPTY_MEMORY, materials: { [material.id]: { keyset: known } } },
    NOW_MS,
  )
  return outlook && comingRotation(material, outlook, 'host')
}
