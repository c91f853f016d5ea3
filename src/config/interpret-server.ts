import { parseDuration } from '../core/duration.ts'
import type { ServerSide } from '../core/material.ts'
import type { WrittenServer } from './server-schema.ts'

export function interpretServer(written: WrittenServer | undefined): ServerSide {
  if (!written) return {}
  const { allowed_domains: allowedDomains, max_ttl: maxTtl } = written
  const own =
    'policy' in written || 'policies' in written || 'token_ttl' in written || 'drop_policies' in written
  return {
    ...(allowedDomains ? { allowedDomains } : {}),
    ...(maxTtl === undefined ? {} : { maxTtlMs: parseDuration(maxTtl) ?? 0 }),
    ...(own ? loginSide(written) : {}),
  }
}

function loginSide(written: Extract<WrittenServer, { policy?: unknown }>): ServerSide {
  const { policy, policies, drop_policies: dropPolicies, token_ttl: tokenTtl } = written
  return {
    ...(policy === undefined ? {} : { policy }),
    ...(policies ? { policies } : {}),
    ...(dropPolicies ? { dropPolicies } : {}),
    ...(tokenTtl === undefined ? {} : { tokenTtlMs: parseDuration(tokenTtl) ?? 0 }),
  }
}
