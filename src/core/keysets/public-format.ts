/** How public keys of a keyset are handed out. */
export const PUBLIC_FORMATS = ['jwks', 'pem'] as const
export type PublicFormat = (typeof PUBLIC_FORMATS)[number]
