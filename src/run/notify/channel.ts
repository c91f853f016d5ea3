import type { NotifyConfig, WebhookConfig } from '../../core/notify/config.ts'
import type { NotifyEvent } from '../../core/notify/event.ts'
import type { Host } from '../host.ts'

/** A way to tell somebody. What was told is remembered by its name. */
export type Channel =
  | { readonly name: 'exec'; readonly argv: readonly [string, ...string[]] }
  | { readonly name: 'webhook'; readonly webhook: WebhookConfig }
  | { readonly name: 'journal' }

/** Rejects unless it was taken. The message is that of docs/notify.md. */
export type Send = (message: object, events: readonly NotifyEvent[], signal: AbortSignal) => Promise<void>

/** Those that are configured, or there. */
export function channelsOf(
  { exec, webhook }: NotifyConfig,
  { journalSocket }: Pick<Host, 'journalSocket'>,
): Channel[] {
  return [
    ...(exec ? [{ name: 'exec', argv: exec } as const] : []),
    ...(webhook ? [{ name: 'webhook', webhook } as const] : []),
    ...(journalSocket === undefined ? [] : [{ name: 'journal' } as const]),
  ]
}
