/** Key pairs that are made here, and that certificates are asked for with. */
export const KEY_TYPES = [
  'ec-p256',
  'ec-p384',
  'ec-p521',
  'rsa-2048',
  'rsa-3072',
  'rsa-4096',
  'ed25519',
] as const
export type KeyType = (typeof KEY_TYPES)[number]
