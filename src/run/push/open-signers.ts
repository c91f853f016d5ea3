import { createPublicKey, type KeyObject } from 'node:crypto'
import { readTrustedFile } from '../../config/trusted-file.ts'
import { KeyrollerError } from '../../core/errors.ts'
import type { PushSigners } from '../../core/material.ts'
import { splitPem } from '../../x509/pem.ts'
import { algorithmOf, type Signers } from '../../x509/signed-by.ts'
import type { RunContext } from '../context.ts'

/** Whoever may push, by the files that name them. Throws `config-missing`, `config-untrusted`, `config-invalid`. */
export function openSigners(
  { keysFile, caFile }: PushSigners,
  { host, trust }: Pick<RunContext, 'host' | 'trust'>,
): Signers {
  const keys = keysFile === undefined ? [] : publicKeysIn(keysFile, readTrustedFile(keysFile, host.uid))
  if (caFile === undefined) return { keys }
  const anchors = trust(caFile)
  if ('fault' in anchors) throw new KeyrollerError(anchors.fault.code, anchors.fault.message)
  return { keys, anchors }
}

function publicKeysIn(path: string, text: string): KeyObject[] {
  try {
    const keys = splitPem(text).map(({ label, der }) => publicKeyOf(label, der))
    if (keys.length > 0) return keys
  } catch (error) {
    throw unfit(path, error instanceof Error ? error.message : 'found something else')
  }
  throw unfit(path, 'expected a public key, found none')
}

/** The parser's own words could be about a private key that was put there. */
function publicKeyOf(label: string, der: Buffer): KeyObject {
  if (label !== 'PUBLIC KEY') throw new Error(`expected a PEM block PUBLIC KEY, found ${label}`)
  const key = parse(der)
  if (key && algorithmOf(key)) return key
  throw new Error(
    'expected a public key with which EdDSA, ES256, ES384, ES512 or PS256 is verified, found another',
  )
}

function parse(der: Buffer): KeyObject | undefined {
  try {
    return createPublicKey({ key: der, format: 'der', type: 'spki' })
  } catch {
    return undefined
  }
}

function unfit(path: string, message: string): KeyrollerError {
  return new KeyrollerError('config-invalid', `${path}: ${message}`)
}
