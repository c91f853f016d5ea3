/** Where it is looked whether a certificate is served, as it is written. */
import * as z from 'zod/mini'
import { START_TLS } from '../core/consumers/probe.ts'
import { ON_UNSERVED } from '../core/planning/ladder.ts'
import {
  absolutePath,
  alpnName,
  dnsName,
  listener,
  pairedId,
  program,
  timeout,
  trustDomain,
} from './formats.ts'
import { told } from './told.ts'

const CLIENT = 'identity/NAME, certificate/NAME, or a table with cert and key'

const client = z.union([pairedId, z.strictObject({ cert: absolutePath, key: absolutePath })], {
  error: CLIENT,
})

const duration = told('how long to poll until the new certificate is served', z._default(timeout, '15s'))

const tlsProbe = z.strictObject({
  connect: told('HOST:PORT or unix:/PATH where a TLS client meets the certificate', listener),
  server_name: told('SNI and expected name; default: the common name', z.optional(dnsName)),
  starttls: told(
    'what is spoken before TLS begins',
    z.optional(z.enum(START_TLS, { error: `one of ${START_TLS.join(', ')}` })),
  ),
  alpn: told('protocols to offer, the preferred one first', z._default(z.array(alpnName), [])),
  client: told('whose certificate is presented to a server that asks', z.optional(client)),
  trust_domain: told('SPIFFE trust domain the certificate must name its ID in', z.optional(trustDomain)),
  strict: told(
    'whether what could not be verified counts as not served',
    z._default(z.boolean({ error: 'true or false' }), false),
  ),
  timeout: duration,
})

export const execProbe = z.strictObject({
  exec: told('a program and its arguments; exit code 0 means served', program),
  timeout: duration,
})

const PROBE = { error: 'a table with connect, or with exec; or a list of such tables' }
const one = z.union([tlsProbe, execProbe], PROBE)

export const probe = z.union([one, z.array(one).check(z.minLength(1, PROBE))], PROBE)

export const onUnserved = told(
  'what becomes of a certificate that is not served: keep, or roll-back to the one before',
  z._default(z.enum(ON_UNSERVED, { error: `one of ${ON_UNSERVED.join(', ')}` }), 'keep'),
)

export type WrittenTlsProbe = z.output<typeof tlsProbe>

export type WrittenExecProbe = z.output<typeof execProbe>
