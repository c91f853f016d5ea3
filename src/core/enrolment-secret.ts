/**
 * What a host that cannot log in yet is let in with, once. It is read from a file of root's, lives in memory until the run
 * ends, and is never in an argument, in the environment or in facts.
 */
export type EnrolmentSecret =
  /** A token of `vault token create -wrap-ttl=…`: it opens once, so a second reader is found out. */
  | { readonly kind: 'wrapped-token'; readonly token: string }
  | { readonly kind: 'approle'; readonly mount: string; readonly roleId: string; readonly secretId: SecretId }

/** `wrapped`: the answer of `…/secret-id` under a response wrap. */
export interface SecretId {
  readonly form: 'plain' | 'wrapped'
  readonly text: string
}
