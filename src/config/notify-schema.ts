/** Whom to tell when something goes wrong, and when it is over. */
import * as z from 'zod/mini'
import type { NotifyConfig } from '../core/notify/config.ts'
import { absolutePath, credentialName, durationMs, httpsUrl, timeout } from './formats.ts'
import type { Report } from './problem.ts'
import { told } from './told.ts'

const webhook = z.strictObject({
  url: told('https address that takes a POST with the message as JSON', httpsUrl),
  token_file: told('file whose first line is sent as bearer token', z.optional(absolutePath)),
  token_credential: told(
    'the same from a credential of the unit, LoadCredential=',
    z.optional(credentialName),
  ),
  ca_file: told(
    'PEM file of the authorities the server is trusted from; default: the public ones',
    z.optional(absolutePath),
  ),
})

const COUNT = { error: 'a whole number from 1 to 1000' }
const count = z.int(COUNT).check(z.minimum(1, COUNT), z.maximum(1000, COUNT))

export const notify = z.strictObject({
  exec: told(
    'program, and its arguments, that gets the message as JSON on standard input',
    z.optional(z.tuple([absolutePath], z.string())),
  ),
  webhook: z.optional(webhook),
  timeout: told('for one message to be taken', z._default(timeout, '10s')),
  max_per_material: told('messages an hour that speak of the same material', z._default(count, 4)),
  max_overall: told('messages an hour', z._default(count, 20)),
})

export function interpretNotify(written: z.output<typeof notify>, report: Report): NotifyConfig {
  const { exec, webhook: hook } = written
  if (hook?.token_file !== undefined && hook.token_credential !== undefined)
    report(['notify', 'webhook', 'token_file'], 'it or token_credential', 'both')
  return {
    timeoutMs: durationMs(written.timeout),
    limits: { perMaterial: written.max_per_material, overall: written.max_overall },
    ...(exec ? { exec } : {}),
    ...(hook ? { webhook: interpretWebhook(hook) } : {}),
  }
}

function interpretWebhook(hook: z.output<typeof webhook>): NonNullable<NotifyConfig['webhook']> {
  const { url, token_file: file, token_credential: credential, ca_file: caFile } = hook
  return {
    url,
    ...(file === undefined ? {} : { token: { file } }),
    ...(credential === undefined ? {} : { token: { credential } }),
    ...(caFile === undefined ? {} : { caFile }),
  }
}
