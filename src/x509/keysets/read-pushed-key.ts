import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { isPairKind } from '../../core/keysets/document.ts'
import type { StoredKey } from '../../core/keysets/record.ts'
import type { Keyset } from '../../core/material.ts'
import type { KeyPush, PushedKey } from '../../core/push/key-push.ts'
import { keyTypeOf } from '../certificate-facts.ts'
import { onlyBlock } from '../pem.ts'
import { lengthOf } from './make-key.ts'
import { thumbprint } from './thumbprint.ts'

/** A pair from one PKCS#8 block, a symmetric key from a line of base64. What is wrong with it never quotes it. */
export function readPushedKey(
  content: Buffer,
  { policy: { kind }, kid, rawBytes }: Pick<Keyset, 'policy' | 'kid' | 'rawBytes'>,
): KeyPush['read'] {
  const read = isPairKind(kind) ? readPair(content) : readSymmetric(content, kind, lengthOf(kind, rawBytes))
  if ('why' in read || kid === 'version') return read
  return { ...read, thumbprint: thumbprint(read.key, read.kind) }
}

function readPair(content: Buffer): KeyPush['read'] {
  const key = parse(content)
  if (!key) return { why: 'no PKCS#8 in PEM without a passphrase' }
  const kind = keyTypeOf(key)
  return kind === 'other' ? { why: 'a key of another type' } : { kind, key: storedPair(key) }
}

function parse(content: Buffer): KeyObject | undefined {
  try {
    const der = onlyBlock(content.toString('latin1'), 'PRIVATE KEY')
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  } catch {
    return undefined
  }
}

function storedPair(key: KeyObject): StoredKey {
  return {
    secret: key.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
    public: createPublicKey(key).export({ type: 'spki', format: 'der' }).toString('base64'),
  }
}

function readSymmetric(content: Buffer, kind: PushedKey['kind'], length: number): KeyPush['read'] {
  const text = content.toString('latin1').trimEnd()
  const bytes = Buffer.from(text, 'base64')
  if (text === '' || bytes.toString('base64') !== text) return { why: 'no line of base64' }
  if (bytes.length !== length) return { why: `${bytes.length} bytes instead of ${length}` }
  return { kind, key: { secret: text } }
}
