/** Whom to tell, and how often. */

export interface NotifyConfig {
  /** Deadline of one message on one channel. */
  readonly timeoutMs: number
  /** On each channel. */
  readonly limits: NotifyLimits
  /** A program, and its arguments. */
  readonly exec?: readonly [string, ...string[]]
  readonly webhook?: WebhookConfig
}

export interface WebhookConfig {
  /** https; whoever knows it may be able to write there, so it is told to nobody. */
  readonly url: string
  readonly token?: WebhookToken
  /** Unset trusts the public authorities. */
  readonly caFile?: string
}

/** Messages within an hour, of which a message with many events is one. */
export interface NotifyLimits {
  /** Those that speak of the same material. */
  readonly perMaterial: number
  readonly overall: number
}

/** A file of keyroller's own user, or the name of a credential of the unit. */
export type WebhookToken = { readonly file: string } | { readonly credential: string }
