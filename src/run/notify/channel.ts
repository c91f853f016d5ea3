import type { NotifyEvent } from '../../core/notify/event.ts'

/** A way to tell somebody. What was told is remembered by its name. */
export interface Channel {
  readonly name: 'exec' | 'webhook' | 'journal'
  /** Rejects unless it was taken. The message is that of docs/notify.md. */
  readonly send: (message: object, events: readonly NotifyEvent[], signal: AbortSignal) => Promise<void>
}
