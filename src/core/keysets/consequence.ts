/** What a person is told of an order before it is done: what breaks by it, and what follows of itself. */
import type { ShutGate } from './gates.ts'

export interface Consequence {
  readonly reason:
    | ShutGate['gate']
    | 'given-up'
    | 'unknown-to-peers'
    | 'refused-early'
    | 'under-hold'
    | 'not-held'
    | 'bytes-gone'
    | 'follows'
  readonly message: string
}
