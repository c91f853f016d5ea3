import { join } from 'node:path'
import { readTokenFile } from '../../config/trusted-file.ts'
import { KeyrollerError } from '../../core/errors.ts'
import type { WebhookToken } from '../../core/notify/config.ts'
import type { Host } from '../host.ts'

/** Throws `config-missing`, `config-untrusted` and `config-invalid`. */
export function readToken(token: WebhookToken, { uid, env }: Pick<Host, 'uid' | 'env'>): string {
  return readTokenFile(pathOf(token, env), uid, 'a bearer token', HINT)
}

const HINT = 'a file of root with mode 0600, or LoadCredential= of the unit; docs/notify.md says how'

function pathOf(token: WebhookToken, env: Host['env']): string {
  if ('file' in token) return token.file
  const folder = env.CREDENTIALS_DIRECTORY
  if (folder !== undefined) return join(folder, token.credential)
  const message = `expected the credential ${token.credential} of a unit, found no credentials`
  throw new KeyrollerError('config-missing', message, { hint: HINT })
}
