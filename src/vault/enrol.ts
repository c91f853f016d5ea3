/** The first login of a host: with a secret made for this once, until it has a certificate of its own. */
import type { EnrolmentSecret } from '../core/enrolment-secret.ts'
import { KeyrollerError } from '../core/errors.ts'
import { objectIn, type TextShape, textIn } from './answer.ts'
import type { VaultClient } from './client.ts'
import { type Operation, pathOf } from './operation.ts'
import { type Answer, refusalOf } from './refusal.ts'
import { openSession, type Session } from './session.ts'
import type { Transport } from './transport.ts'

/**
 * Opens a session with an enrolment secret. A wrapped one is looked at before it is opened: its place of creation is written
 * by Vault, so a token that somebody opened, read and wrapped anew gives itself away. Throws `enrolment-refused`, and what a
 * transport throws.
 */
export async function enrol(
  client: VaultClient,
  transport: Transport,
  secret: EnrolmentSecret,
): Promise<Session> {
  switch (secret.kind) {
    case 'wrapped-token': {
      const opened = await unwrap(client, secret.token, TOKEN_PLACE)
      return openSession(client, transport, opened.body, pathOf(UNWRAP))
    }
    case 'approle': {
      const answer = await loginByRole(client, secret)
      return openSession(client, transport, answer.body, `auth/${secret.mount}/login`)
    }
  }
}

const UNWRAP: Operation = { kind: 'unwrap' }

interface WrapPlace {
  readonly pattern: RegExp
  readonly words: string
}

const TOKEN_PLACE: WrapPlace = {
  pattern: /^auth\/token\/create(?:-orphan|\/[\w.-]+)?$/,
  words: 'auth/token/create',
}

async function unwrap(client: VaultClient, token: string, place: WrapPlace): Promise<Answer> {
  const lookup: Operation = { kind: 'lookup-wrapping' }
  const found = await ask(client, lookup, { token })
  const data = objectIn(found.body, 'data', pathOf(lookup))
  const createdAt = textIn(data, 'creation_path', PATH, pathOf(lookup))
  if (!place.pattern.test(createdAt)) {
    const message = `expected a secret wrapped at ${place.words}, found one wrapped at ${createdAt}`
    throw new KeyrollerError('enrolment-refused', message)
  }
  client.useToken(token)
  return ask(client, UNWRAP, {})
}

async function loginByRole(
  client: VaultClient,
  { mount, roleId, secretId }: EnrolmentSecret & { kind: 'approle' },
): Promise<Answer> {
  const secret_id = secretId.form === 'plain' ? secretId.text : await unwrapSecretId(client, mount, secretId)
  client.useToken('')
  return ask(client, { kind: 'approle-login', mount }, { role_id: roleId, secret_id })
}

async function unwrapSecretId(client: VaultClient, mount: string, { text }: { text: string }) {
  const pattern = new RegExp(`^auth/${mount.replaceAll('.', '\\.')}/role/[^/]+/secret-id$`)
  const opened = await unwrap(client, text, { pattern, words: `auth/${mount}/role/ROLE/secret-id` })
  const where = pathOf(UNWRAP)
  return textIn(objectIn(opened.body, 'data', where), 'secret_id', SECRET_ID, where)
}

async function ask(client: VaultClient, operation: Operation, data: object): Promise<Answer> {
  const answer = await client.write(operation, data)
  if (answer.statusCode !== 200) throw refusalOf(operation, answer)
  return answer
}

const PATH: TextShape = { pattern: /^[\w./-]+$/, maxChars: 512, words: 'a path' }
const SECRET_ID: TextShape = { pattern: /^[\x21-\x7e]+$/, maxChars: 4096, words: 'a secret id' }
