import { expect, test } from 'vitest'
import type { KeyrollerError } from '../../../../src/core/errors.ts'
import { describeOrder } from '../../../../src/core/keysets/describe-order.ts'
import { mustBeAgreed, mustBeDone } from '../../../../src/core/keysets/judge-order.ts'
import type { KeysetOrder } from '../../../../src/core/keysets/order.ts'

const ID = { id: 'keyset/tokens' } as const
const NEWS = { reason: 'under-hold', message: 'it stays' } as const
const STEPS = { kind: 'steps', steps: [], message: 'it ends', consequences: [NEWS] } as const

test('what breaks something is refused until somebody agrees to it', () => {
  const order = { kind: 'retire', version: 1 } as const
  expect(() => mustBeAgreed(ID, { order, isAgreed: false }, STEPS)).toThrow(
    'keyset/tokens: expected --yes to what follows, found none: it ends:\n  under-hold: it stays',
  )
  expect(() => mustBeAgreed(ID, { order, isAgreed: true }, STEPS)).not.toThrow()
  expect(() => mustBeAgreed(ID, { order, isAgreed: false }, { ...STEPS, consequences: [] })).not.toThrow()
})

test.each<KeysetOrder>([{ kind: 'hold', why: 'case' }, { kind: 'rotate' }])(
  'what takes nothing from anybody is not: $kind',
  (order) => expect(() => mustBeAgreed(ID, { order, isAgreed: false }, STEPS)).not.toThrow(),
)

test('a refusal keeps its hint', () => {
  const refused = { kind: 'refused', message: 'too early', hint: 'wait' } as const
  expect(() => mustBeDone(refused)).toThrow(
    expect.objectContaining<Partial<KeyrollerError>>({ code: 'order-refused', hint: 'wait' }),
  )
})

test.each<[KeysetOrder, string]>([
  [{ kind: 'rotate' }, 'rotate'],
  [{ kind: 'rotate-now', graceMs: 0, isNextLeaked: false }, 'rotate now'],
  [{ kind: 'destroy', version: 3 }, 'destroy version 3'],
  [{ kind: 'hold', why: 'case 1' }, 'hold every version: case 1'],
  [{ kind: 'unhold', version: 2 }, 'unhold version 2'],
])('%j is %s', (order, text) => expect(describeOrder(order)).toBe(text))
