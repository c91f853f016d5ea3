import type { EpochMs } from '../epoch-ms.ts'
import { nameSome } from '../name-some.ts'
import type { Consequence } from './consequence.ts'
import { type KeysetDocument, type KeyVersion, stateOf } from './document.ts'
import { followsFrom } from './follows.ts'
import { doneAlready, type KeysetOrder, type OrderAnswer } from './order.ts'
import { liftPolicy, unknownVersion } from './order-refusals.ts'
import type { KeysetPolicy } from './policy.ts'

type HoldOrder = Extract<KeysetOrder, { readonly kind: 'hold' }>

/** A version that is held already keeps the reason that was given first. */
export function answerHold(
  document: KeysetDocument,
  { underHold }: KeysetPolicy,
  { version: number, why }: HoldOrder,
): OrderAnswer {
  const asked = versionsOf(document, number)
  if (number !== undefined && asked.length === 0) return unknownVersion(document, number)
  const gone = asked.filter((one) => stateOf(one) === 'destroyed')
  if (number !== undefined && gone.length > 0) return nothingLeft(document, number)
  const free = asked.filter((one) => !one.hold && !gone.includes(one))
  if (free.length === 0) return doneAlready(`${namesOf(asked)}: nothing that is not held already`)
  return {
    kind: 'steps',
    steps: free.map((one) => ({ kind: 'hold', version: one.number, why })),
    message: `${namesOf(free)}: no bytes are lost from now on`,
    consequences: [
      ...(underHold === 'accept' ? staying(free) : []),
      ...(number === undefined ? [NOT_LATER] : []),
    ],
  }
}

/** A hold of the configuration is lifted there. */
export function answerUnhold(
  document: KeysetDocument,
  policy: KeysetPolicy,
  number: number | undefined,
  nowMs: EpochMs,
): OrderAnswer {
  const asked = versionsOf(document, number)
  if (number !== undefined && asked.length === 0) return unknownVersion(document, number)
  const held = asked.filter(({ hold }) => hold)
  const { legalHold } = policy
  if (held.length === 0 && legalHold !== undefined) return heldByPolicy(document, asked, legalHold)
  if (held.length === 0) return doneAlready(`${namesOf(asked)}: nothing that is held`)
  const steps = held.map((one) => ({ kind: 'unhold', version: one.number }) as const)
  const message = `${namesOf(held)}: held no more`
  return { kind: 'steps', steps, message, consequences: liftedBy(document, steps, policy, nowMs) }
}

function liftedBy(
  document: KeysetDocument,
  steps: Parameters<typeof followsFrom>[1],
  policy: KeysetPolicy,
  nowMs: EpochMs,
): Consequence[] {
  const { legalHold } = policy
  if (legalHold === undefined) return followsFrom(document, steps, policy, nowMs)
  return [{ reason: 'under-hold', message: `legal_hold of the configuration holds on: ${legalHold}` }]
}

/** Without a number all of them. */
function versionsOf({ versions }: KeysetDocument, number: number | undefined): readonly KeyVersion[] {
  return versions.filter((one) => number === undefined || one.number === number)
}

function namesOf(versions: readonly KeyVersion[]): string {
  const names = nameSome(versions.map(({ number }) => String(number)))
  return versions.length === 1 ? `version ${names}` : `versions ${names}`
}

function staying(versions: readonly KeyVersion[]): Consequence[] {
  const retiring = versions.filter(({ state }) => state === 'retiring')
  if (retiring.length === 0) return []
  return [{ reason: 'under-hold', message: `${namesOf(retiring)} stays accepted until the hold ends` }]
}

const NOT_LATER: Consequence = {
  reason: 'not-held',
  message: 'versions that are made later are not held: legal_hold in the configuration holds all',
}

function nothingLeft({ name }: KeysetDocument, number: number): OrderAnswer {
  return {
    kind: 'refused',
    message: `${name}: expected version ${number} to be there, found it destroyed`,
    hint: `keyroller keyset show ${name}`,
  }
}

function heldByPolicy(
  { name }: KeysetDocument,
  asked: readonly KeyVersion[],
  legalHold: string,
): OrderAnswer {
  return {
    kind: 'refused',
    message: `${name}: expected a hold of its own on ${namesOf(asked)}, found legal_hold of the configuration: ${legalHold}`,
    hint: liftPolicy(name),
  }
}
