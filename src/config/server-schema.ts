/** What an operator wants on the server beside what follows from the materials; read by `keyroller vault` alone. */
import * as z from 'zod/mini'
import { dnsName, duration, vaultName } from './formats.ts'
import { told } from './told.ts'

const signed = {
  allowed_domains: told(
    'domains below which the role signs; default: the names of its materials alone',
    z.optional(z.array(dnsName)),
  ),
  max_ttl: told('longest lifetime the role grants; default: the longest ttl asked for', z.optional(duration)),
}

export const certificateServer = z.strictObject(signed)

export const identityServer = z.strictObject({
  ...signed,
  policy: told('policy that keyroller writes; default: keyroller-NAME', z.optional(vaultName)),
  policies: told('policies attached beside it', z.optional(z.array(vaultName))),
  drop_policies: told('policies taken off the mapping when they are on it', z.optional(z.array(vaultName))),
  token_ttl: told('lifetime of a token; default: 20m', z.optional(duration)),
})

export type WrittenServer = z.output<typeof identityServer> | z.output<typeof certificateServer>
