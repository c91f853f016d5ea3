/** What holds whatever persons ask for, in any order and at any time, between runs that go on by themselves. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { advance } from '../../../../src/core/keysets/advance.ts'
import { answerOrder } from '../../../../src/core/keysets/answer-order.ts'
import { isPairKind } from '../../../../src/core/keysets/document.ts'
import { wentBack } from '../../../../src/core/keysets/lineage.ts'
import type { KeysetOrder } from '../../../../src/core/keysets/order.ts'
import type { KeysetPolicy } from '../../../../src/core/keysets/policy.ts'
import {
  emptyRecord,
  isKeysetRecord,
  type KeysetRecord,
  recordAfter,
} from '../../../../src/core/keysets/record.ts'
import type { KeysetStep } from '../../../../src/core/keysets/steps-ahead.ts'
import { HOUR_MS, NOW_MS } from '../builders.ts'
import { factsOf, jumping, policies } from './life.ts'

const version = fc.integer({ min: 1, max: 5 })
const some = fc.option(version, { nil: undefined }).map((one) => (one === undefined ? {} : { version: one }))
const graceMs = fc.integer({ min: 0, max: 100 }).map((count) => count * HOUR_MS)
const orders: fc.Arbitrary<KeysetOrder> = fc.oneof(
  fc.constant({ kind: 'rotate' } as const),
  fc.record({ kind: fc.constant('rotate-now'), graceMs, isNextLeaked: fc.boolean() }),
  fc.record({ kind: fc.constantFrom('retire', 'destroy'), version }),
  some.map((one) => ({ kind: 'hold', why: 'case 4711', ...one }) as const),
  some.map((one) => ({ kind: 'unhold', ...one }) as const),
)

interface Visit {
  readonly afterMs: number
  readonly order: KeysetOrder
}

const visits = fc.array(fc.record({ afterMs: jumping, order: orders }), { minLength: 1, maxLength: 40 })

/** One write of a store. */
interface Written {
  readonly nowMs: number
  readonly before: KeysetRecord
  readonly after: KeysetRecord
  readonly order?: KeysetOrder
}

holds('every write is a record that goes on from the one before it', (writes) => {
  for (const { before, after } of writes) {
    expect(isKeysetRecord(JSON.parse(JSON.stringify(after)))).toBe(true)
    expect(wentBack(before.document, after.document)).toBeUndefined()
    const inUse = after.document.versions.filter(({ state }) => state === 'active').length
    expect(inUse).toBe(after.document.versions.some(({ state }) => state !== 'next') ? 1 : 0)
  }
})

holds('no byte is lost under hold, by whoever', (writes, { legalHold }) => {
  for (const { before, after } of writes)
    for (const { number, hold } of before.document.versions)
      if (hold || legalHold !== undefined) expect(after.keys[number]).toEqual(before.keys[number])
})

/** But to rotate away from what leaked: that is meant for the version in use then, which `from` names. */
holds('an order that is given twice is done once', (writes, policy) => {
  for (const { after, order, nowMs } of writes)
    if (order && order.kind !== 'rotate-now') expect(take(after, order, policy, nowMs)).toBe(after)
})

holds('nobody else rotates what was asked for from a version that is in use no more', (writes, policy) => {
  for (const { after, before, nowMs } of writes) {
    const was = before.document.versions.find(({ state }) => state === 'active')?.number
    const is = after.document.versions.find(({ state }) => state === 'active')?.number
    if (was === undefined || is === was) continue
    const late: KeysetOrder = { kind: 'rotate-now', from: was, graceMs: 0, isNextLeaked: true }
    expect(take(after, late, policy, nowMs)).toBe(after)
    expect(take(after, { kind: 'rotate', from: was }, policy, nowMs)).toBe(after)
  }
})

function lived(policy: KeysetPolicy, some: readonly Visit[]): Written[] {
  const writes: Written[] = []
  let record = emptyRecord('tokens')
  let nowMs = NOW_MS
  const write = (after: KeysetRecord, order?: KeysetOrder) => {
    if (after === record) return
    writes.push({ nowMs, before: record, after, ...(order ? { order } : {}) })
    record = after
  }
  for (const { afterMs, order } of some) {
    nowMs = Math.max(0, nowMs + afterMs)
    write(take(record, order, policy, nowMs), order)
    for (let count = 0; count < 200; count++) {
      const next = advance(record.document, policy, factsOf(record.document), nowMs)
      if (next.kind !== 'step') break
      write(stepped(record, next.step, nowMs))
    }
  }
  return writes
}

/** One write takes all steps of an order. */
function take(record: KeysetRecord, order: KeysetOrder, policy: KeysetPolicy, nowMs: number): KeysetRecord {
  const answer = answerOrder(record.document, policy, factsOf(record.document), order, nowMs)
  const steps = answer.kind === 'steps' ? answer.steps : []
  return steps.reduce((one, step) => stepped(one, step, nowMs), record)
}

function stepped(record: KeysetRecord, step: KeysetStep, atMs: number): KeysetRecord {
  const isPair = 'keyKind' in step && isPairKind(step.keyKind)
  const bytes = Buffer.from(`key ${step.version}`).toString('base64')
  const key = { secret: bytes, ...(isPair ? { public: bytes } : {}) }
  return recordAfter(record, step, { atMs, key, write: 1 })
}

function holds(name: string, predicate: (writes: readonly Written[], policy: KeysetPolicy) => void): void {
  test(`property: ${name}`, () => {
    const held = fc.constantFrom({}, { legalHold: 'case 1' })
    fc.assert(
      fc.property(policies, held, visits, (policy, more, some) => {
        const whole = { ...policy, ...more }
        predicate(lived(whole, some), whole)
      }),
      { numRuns: 100 },
    )
  })
}
