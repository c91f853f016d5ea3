import { KeyrollerError, toFault } from '../core/errors.ts'
import type { Identity } from '../core/material.ts'
import type { ClientPair } from './agent.ts'
import { objectIn, type TextShape, textIn, textsIn } from './answer.ts'
import { type Capabilities, readCapabilities } from './capabilities.ts'
import type { VaultClient } from './client.ts'
import {
  type FoundSecret,
  findSecret,
  readSecret,
  type SecretPlace,
  type SecretVersion,
  writeSecret,
} from './kv.ts'
import { destroyVersions, type Swap, type SwapOutcome, swapSecret } from './kv-swap.ts'
import { readPinned, writePinned } from './mapping.ts'
import { type LoginOperation, pathOf, type RevokeOperation } from './operation.ts'
import { listNames, type Operator, readObject } from './operator.ts'
import { type SignedCertificate, type SignRequest, signRequest } from './pki.ts'
import { classify, refusalOf } from './refusal.ts'
import { type RevocationRequest, revokeCertificate } from './revoke.ts'
import { sentenceOf } from './sentence.ts'
import type { Transport } from './transport.ts'

export interface LoginRequest {
  readonly login: Identity['login']
  readonly pair: ClientPair
}

/**
 * What one login allows. The token lives in a closure, is never renewed (one got with certificate A cannot be renewed with
 * its successor B) and ends with `revoke`.
 */
export interface Session {
  /** Policies Vault attached to the token, in its order. */
  readonly policies: readonly string[]
  readonly sign: (request: SignRequest) => Promise<SignedCertificate>
  readonly revokeCertificate: (request: RevocationRequest) => Promise<void>
  /** The newest version. Throws `secret-missing`, `vault-denied`. */
  readonly readSecret: (secret: SecretPlace) => Promise<SecretVersion>
  /** The same where there may be none. Throws `vault-denied`. */
  readonly findSecret: (secret: SecretPlace) => Promise<FoundSecret>
  /** Makes its next version. Throws `vault-denied`. */
  readonly writeSecret: (secret: SecretPlace, fields: Readonly<Record<string, string>>) => Promise<void>
  /** The same after the version that is named, and no other. Throws `vault-denied`. */
  readonly swapSecret: (secret: SecretPlace, swap: Swap) => Promise<SwapOutcome>
  /** Throws `vault-denied`. */
  readonly destroyVersions: (secret: SecretPlace, versions: readonly number[]) => Promise<void>
  /** PEM of what a mapping trusts. Throws `pin-refused`. */
  readonly readPinned: (mapping: Identity['login']) => Promise<string>
  /** Replaces that, and nothing else of the mapping. Throws `pin-refused`. */
  readonly writePinned: (mapping: Identity['login'], certificatePem: string) => Promise<void>
  /** What its token may do at these paths; undefined when it may not even ask that. */
  readonly capabilities: (paths: readonly string[]) => Promise<Capabilities | undefined>
  /** As an operator reads, as far as the token may. */
  readonly read: Operator['read']
  readonly list: Operator['list']
  /** Revokes the token and closes the session's sockets. Once is enough; never throws. */
  readonly revoke: () => Promise<Revocation>
}

/** A token that could not be revoked lives on until its own end, which somebody should know. */
export type Revocation = { readonly revoked: true } | { readonly revoked: false; readonly message: string }

/** Logs in with a client certificate. Throws `login-refused`, and what a transport throws. */
export async function login(
  client: VaultClient,
  transport: Transport,
  request: LoginRequest,
): Promise<Session> {
  const operation: LoginOperation = { kind: 'login', ...request.login }
  // Always with the name: without it Vault tries every mapping, and the first that matches wins.
  const answer = await client.write(operation, { name: operation.mapping })
  if (answer.statusCode !== 200) throw refusalOf(operation, answer)
  return openSession(client, transport, answer.body, pathOf(operation))
}

/** A session out of an answer that carries a token. Throws `vault-answer-invalid`. */
export function openSession(
  client: VaultClient,
  transport: Transport,
  body: unknown,
  where: string,
): Session {
  const auth = objectIn(body, 'auth', where)
  const policies = textsIn(auth, 'policies', POLICY, 1000, where)
  client.useToken(textIn(auth, 'client_token', TOKEN, where))
  return {
    policies,
    sign: (asked) => signRequest(client, policies, asked),
    revokeCertificate: (asked) => revokeCertificate(client, policies, asked),
    readSecret: (secret) => readSecret(client, policies, secret),
    findSecret: (secret) => findSecret(client, policies, secret),
    writeSecret: (secret, fields) => writeSecret(client, policies, secret, fields),
    swapSecret: (secret, swap) => swapSecret(client, policies, secret, swap),
    destroyVersions: (secret, versions) => destroyVersions(client, policies, secret, versions),
    readPinned: (mapping) => readPinned(client, policies, mapping),
    writePinned: (mapping, certificatePem) => writePinned(client, policies, mapping, certificatePem),
    capabilities: (paths) => readCapabilities(client, paths),
    read: (path) => readObject(client, path, { policies }),
    list: (path) => listNames(client, path, { policies }),
    revoke: async () => {
      const revocation = await revokeToken(client)
      transport.close()
      return revocation
    },
  }
}

const POLICY: TextShape = { pattern: /^[^\p{C}]+$/u, maxChars: 512, words: 'a policy name' }

/** It goes into a header, so no space and no line break. */
const TOKEN: TextShape = { pattern: /^[\x21-\x7e]+$/, maxChars: 4096, words: 'a token' }

async function revokeToken(client: VaultClient): Promise<Revocation> {
  const operation: RevokeOperation = { kind: 'revoke' }
  try {
    const answer = await client.write(operation, {})
    if (answer.statusCode === 200) return { revoked: true }
    // What a repeated revocation meets when only the first answer was lost.
    if (classify(operation, answer.statusCode, sentenceOf(answer.body)) === 'token-gone')
      return { revoked: true }
    throw refusalOf(operation, answer)
  } catch (error) {
    return { revoked: false, message: toFault(error).message }
  }
}

/** A login that was refused, told as the failed proof of a new pair. */
export function asProofFailure(error: unknown): unknown {
  if (!(error instanceof KeyrollerError) || error.code !== 'login-refused') return error
  return new KeyrollerError('proof-refused', error.message, { hint: error.hint })
}
