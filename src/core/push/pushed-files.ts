/** What an orchestrator puts into the inbox of a certificate: a key in PEM; the certificate, then what is above it. */
export const PUSHED_PAIR = ['key.pem', 'fullchain.pem'] as const
