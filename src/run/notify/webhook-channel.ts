import { readTrustedFile } from '../../config/trusted-file.ts'
import { KeyrollerError } from '../../core/errors.ts'
import type { WebhookConfig } from '../../core/notify/config.ts'
import { lastLine } from '../../core/one-line.ts'
import { askUrl } from '../../reload/ask-url.ts'
import type { Host } from '../host.ts'
import type { Send } from './channel.ts'
import { readToken } from './read-token.ts'

const MAX_BYTES = 64 * 1024

/** Messages name the host of the URL and no more of it: its path is often the secret. A redirect is no answer. */
export function webhookChannel(webhook: WebhookConfig, host: Host): Send {
  const { url, token, caFile } = webhook
  const where = new URL(url).host
  return async (message, _events, signal) => {
    const bearer = token ? { authorization: `Bearer ${readToken(token, host)}` } : {}
    const { status, body } = await askUrl({
      ...{ url, where, signal, maxBytes: MAX_BYTES, body: JSON.stringify(message) },
      request: { method: 'POST', headers: { 'content-type': 'application/json', ...bearer } },
      readTrusted: (path) => readTrustedFile(path, host.uid),
      ...(caFile === undefined ? {} : { caFile }),
    })
    if (status >= 200 && status <= 299) return
    const said = lastLine(body)
    throw new KeyrollerError(
      'reload-failed',
      `expected status 2xx from ${where}, found ${status}${said ? `: ${said}` : ''}`,
    )
  }
}
