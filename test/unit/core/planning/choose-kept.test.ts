import { describe, expect, test } from 'vitest'
import type { KeptSet } from '../../../../src/core/kept-set.ts'
import { chooseKept, type KeptChoice } from '../../../../src/core/planning/choose-kept.ts'
import { DAY_MS, HOUR_MS, leaf, NOW_MS } from '../builders.ts'
import { kept, keptUnread } from '../kept-builders.ts'

/** Issued so many days before now. */
function issued(serial: string, daysAgo: number, keptAtMs = NOW_MS - HOUR_MS): KeptSet {
  return kept({ keptAtMs, certificate: lifeOf(serial, daysAgo) })
}

function lifeOf(serial: string, daysAgo: number) {
  return { serial, notBeforeMs: NOW_MS - daysAgo * DAY_MS, notAfterMs: NOW_MS + (30 - daysAgo) * DAY_MS }
}

function choose(sets: readonly KeptSet[], changes: Partial<KeptChoice> = {}): string {
  const choice = { material: 'certificate/web', kept: sets, installed: leaf(), ...changes } as const
  return chooseKept(choice).certificate.serial
}

test('without a serial: the one issued last before what is installed', () => {
  expect(choose([issued('0a', 20), issued('0b', 16), issued('0c', 18)])).toBe('0b')
})

test('going back twice goes back two steps, and not forward to what was left', () => {
  const left = issued('0c', 10, NOW_MS)
  expect(choose([left, issued('0a', 20), issued('0b', 16)], { installed: lifeOf('0b', 16) })).toBe('0a')
})

test('of a certificate kept twice the files kept last', () => {
  const first = issued('0a', 20, NOW_MS - DAY_MS)
  const last = issued('0a', 20, NOW_MS)
  const choice = { material: 'certificate/web', installed: leaf(), kept: [first, last] } as const
  expect(chooseKept(choice)).toBe(last)
})

test('when nothing readable is installed: the one issued last', () => {
  expect(choose([issued('0a', 20), issued('0b', 1)], { installed: undefined })).toBe('0b')
})

describe('with a serial', () => {
  const sets = [issued('0a', 20), issued('4b5c', 16), issued('0c', 1)]

  test.each(['4b5c', '4B:5C', '04b5c', '4B5C'])('%s is found, also forward', (to) => {
    expect(choose(sets, { to })).toBe('4b5c')
    expect(choose(sets, { to: '0c' })).toBe('0c')
  })

  test.each([
    ['ff', 'certificate/web: expected serial ff among what is kept, found only 0a, 4b5c, 0c'],
    ['4b', 'certificate/web: expected serial 4b among what is kept, found only 0a, 4b5c, 0c'],
    ['4a11', 'certificate/web: expected another serial than the installed one, found 4a11'],
  ])('%s is refused', (to, message) => expect(() => choose(sets, { to })).toThrow(missing(message)))
})

describe('nothing to go back to', () => {
  test.each<[string, KeptSet[], string]>([
    ['nothing kept', [], 'none'],
    ['kept of another material', [kept({ material: 'identity/web' })], 'none'],
    ['files without a certificate', [keptUnread()], 'none'],
    ['an edit of what is installed', [issued('4a11', 15)], 'none'],
    ['only later ones', [issued('0c', 1), issued('0c', 1, NOW_MS)], 'only 0c'],
  ])('%s', (_, sets, found) => {
    const message = `certificate/web: expected a certificate kept from before serial 4a11, found ${found}`
    expect(() => choose(sets)).toThrow(missing(message))
  })

  test('not even anything installed', () => {
    const message = 'certificate/web: expected a kept certificate, found none'
    expect(() => choose([], { installed: undefined })).toThrow(missing(message))
  })
})

function missing(message: string) {
  return expect.objectContaining({ code: 'kept-missing', message })
}
