import { expect, test } from 'vitest'
import { joinServed, SERVE_OUTCOMES, type Served } from '../../../../src/core/consumers/served.ts'

const served = (message: string): Served => ({ outcome: 'served', message })

test('one probe speaks for itself', () => {
  const one: Served = {
    ...served('a serves serial 1'),
    peer: 'spiffe://privsec.ch/web',
    unverified: 'a: why',
  }
  expect(joinServed([one])).toEqual(one)
})

test('served is what every probe is served', () => {
  expect(joinServed([served('a serves serial 1'), served('b serves serial 1')])).toEqual({
    outcome: 'served',
    message: 'a serves serial 1; b serves serial 1',
  })
})

test('what is not served is told, and what is served stands back', () => {
  const all: Served[] = [
    served('a serves serial 1'),
    { outcome: 'reset', message: 'b: connection reset by peer' },
  ]
  expect(joinServed(all)).toEqual({ outcome: 'reset', message: 'b: connection reset by peer' })
})

test('of two that fail both are told, and the wrong certificate stands before the silence, in whatever order', () => {
  const down: Served = { outcome: 'not-up', message: 'a: ECONNREFUSED' }
  const old: Served = {
    outcome: 'old-certificate',
    message: 'b: expected serial 2 to be served, found serial 1',
  }
  expect(joinServed([down, old])).toEqual({
    outcome: 'old-certificate',
    message: 'a: ECONNREFUSED; b: expected serial 2 to be served, found serial 1',
  })
  expect(joinServed([old, down]).outcome).toBe('old-certificate')
})

test('served stands behind nothing', () => expect(SERVE_OUTCOMES[0]).toBe('served'))
