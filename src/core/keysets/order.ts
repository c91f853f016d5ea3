/** What a person asks of a keyset beside what its policy brings on: shown first, then done by the same run that advances it. */
import type { Consequence } from './consequence.ts'
import type { KeysetStep } from './steps-ahead.ts'

export type KeysetOrder =
  | RotateOrder
  | RotateNowOrder
  /** A version that is accepted still is so no more, before its time. */
  | { readonly kind: 'retire'; readonly version: number }
  /** The bytes of a retired version go for good. */
  | { readonly kind: 'destroy'; readonly version: number }
  /** Without a version: every one there is. */
  | { readonly kind: 'hold'; readonly version?: number; readonly why: string }
  | { readonly kind: 'unhold'; readonly version?: number }

/** What came from a person, and whether what breaks by it was agreed to. */
export interface AskedOrder {
  readonly order: KeysetOrder
  readonly isAgreed: boolean
}

/** As if `rotate_every` were over: the next version is made now, and put in use once it was published ahead and its gates are open. */
export interface RotateOrder {
  readonly kind: 'rotate'
  /** The version in use when it was asked for: once another is, there is nothing left to do. Unset: whichever is in use. */
  readonly from?: number
}

/** After a leak: waits for nothing. */
export interface RotateNowOrder {
  readonly kind: 'rotate-now'
  readonly from?: number
  readonly graceMs: number
  readonly isNextLeaked: boolean
}

/** One write takes all steps of an order. None are left when it was done before. */
export type OrderAnswer =
  | {
      readonly kind: 'steps'
      readonly steps: readonly KeysetStep[]
      readonly message: string
      /** In the order in which they will be felt. */
      readonly consequences: readonly Consequence[]
    }
  | Refusal

export interface Refusal {
  readonly kind: 'refused'
  /** Expected and found. */
  readonly message: string
  readonly hint: string
}

/** What was asked for is so already. */
export function doneAlready(message: string): OrderAnswer {
  return { kind: 'steps', steps: [], message, consequences: [] }
}
