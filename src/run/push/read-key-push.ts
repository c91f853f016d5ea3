import { createHash } from 'node:crypto'
import { KeyrollerError } from '../../core/errors.ts'
import type { PushedKeyset } from '../../core/material.ts'
import { nameSome } from '../../core/name-some.ts'
import { type KeyPush, readClaims } from '../../core/push/key-push.ts'
import { pushedFiles } from '../../core/push/pushed-files.ts'
import { readPushedKey } from '../../x509/keysets/read-pushed-key.ts'
import { type SignedText, verifySignedBy } from '../../x509/signed-by.ts'
import type { RunContext } from '../context.ts'
import { openSigners } from './open-signers.ts'

/**
 * What an inbox holds, once it is known who has signed for it: nothing else of it is read before. Throws `push-refused` when a
 * file is missing or the signature is nobody's who is trusted, and what is wrong with the files that say who that is.
 */
export function readKeyPush(
  keyset: PushedKeyset,
  files: ReadonlyMap<string, Buffer>,
  context: Pick<RunContext, 'host' | 'trust'>,
): { readonly push: KeyPush; readonly signer: string } {
  const [keyName = '', jwsName = ''] = pushedFiles(keyset)
  const [content, jws] = [files.get(keyName), files.get(jwsName)]
  if (!content || !jws) {
    const found = files.size === 0 ? 'neither' : `${nameSome([...files.keys()])} alone`
    throw new KeyrollerError(
      'push-refused',
      `${keyset.inbox}: expected ${keyName} and ${jwsName}, found ${found}`,
    )
  }
  const { payload, signer } = verified(jws.toString('latin1').trimEnd(), keyset, context)
  const claims = readClaims(payload)
  if (!claims)
    throw refused(keyset, 'malformed', 'expected keyset, sequence, sha256 and at as claims, found others')
  const sha256 = createHash('sha256').update(content).digest('hex')
  return { push: { claims, sha256, read: readPushedKey(content, keyset) }, signer }
}

function verified(
  jws: string,
  keyset: PushedKeyset,
  context: Pick<RunContext, 'host' | 'trust'>,
): SignedText {
  const signers = openSigners(keyset.signers, context)
  try {
    return verifySignedBy(jws, signers, context.host.clock())
  } catch (error) {
    const message = error instanceof Error ? error.message : 'expected a signature, found none'
    throw refused(keyset, 'not-signed', message)
  }
}

function refused({ id }: PushedKeyset, reason: string, message: string): KeyrollerError {
  return new KeyrollerError('push-refused', `${id}: ${reason}: ${message}`)
}
