/** Why an order is not done, and what to do instead. */
import { formatMoment } from '../duration.ts'
import { type KeysetDocument, type KeyVersion, rangeOf } from './document.ts'
import type { Refusal } from './order.ts'
import type { KeysetPolicy } from './policy.ts'

export function unknownVersion(document: KeysetDocument, number: number): Refusal {
  const { name } = document
  return {
    kind: 'refused',
    message: `${name}: expected version ${number}, found ${rangeOf(document)}`,
    hint: `keyroller keyset show ${name}`,
  }
}

/** The way on from where a version is. */
const NEXT_ORDER = { next: 'rotate', active: 'rotate', retiring: 'retire' } as const

export function tooEarly(
  { name }: KeysetDocument,
  version: Early,
  expected: 'retiring' | 'retired',
): Refusal {
  const { number, state } = version
  const order = NEXT_ORDER[state]
  return {
    kind: 'refused',
    message: `${name}: expected version ${number} ${expected}, found it ${state}`,
    hint: `keyroller keyset ${order} ${name}${order === 'retire' ? ` ${number}` : ''}, first`,
  }
}

type Early = Extract<KeyVersion, { readonly state: keyof typeof NEXT_ORDER }>

export function heldVersion(
  { name }: KeysetDocument,
  { number, hold }: KeyVersion,
  { legalHold }: KeysetPolicy,
): Refusal {
  const why = hold
    ? `a hold since ${formatMoment(hold.sinceMs)}: ${hold.why}`
    : `legal_hold of the configuration: ${legalHold}`
  return {
    kind: 'refused',
    message: `${name}: expected version ${number} under no hold, found ${why}`,
    hint: hold ? `keyroller keyset unhold ${name} ${number}` : liftPolicy(name),
  }
}

export function liftPolicy(name: string): string {
  return `take legal_hold out of [keyset.${name}], on every host that shares it`
}

/** Whoever pushes makes the next version, after a leak too. */
export function nonePushed({ name }: KeysetDocument): Refusal {
  return {
    kind: 'refused',
    message: `${name}: expected a version in waiting that was pushed, found none, and none is made here`,
    hint: `push the next one to its inbox, then keyroller adopt keyset/${name}`,
  }
}
