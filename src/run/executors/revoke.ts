import { KeyrollerError } from '../../core/errors.ts'
import type { ReadableSet } from '../../core/kept-set.ts'
import { loginOf } from '../../core/material.ts'
import { readKeptSet } from '../../files/own/kept-sets.ts'
import type { RevocationProof } from '../../vault/revoke.ts'
import { pairOf, type RunContext } from '../context.ts'
import { readContents } from '../previous/restore-kept.ts'
import type { Executor } from './executor.ts'

/**
 * With the certificate itself and not its serial alone, so that one the server did not store can be revoked as well. Its key
 * goes along only where that was asked for: it is the key of a certificate that ends here, and of no other.
 */
export const revokeExecutor: Executor<'revoke'> = async ({ material: id, sets, withKey }, context) => {
  const material = pairOf(context, id)
  const session = context.sessions.get(loginOf(material))
  if (!session) throw new Error(`${id} was to be revoked without a login`)
  for (const [serial, copies] of Map.groupBy(sets, ({ certificate }) => certificate.serial)) {
    const [first] = copies
    if (!first) continue
    await session.revokeCertificate({
      pkiMount: material.issuance.pkiMount,
      serial,
      proof: proofOf(first, withKey, context),
    })
    for (const { fileName } of copies) context.revoked.add(fileName)
  }
  const count = context.revoked.size
  return { message: `${id}: revoked ${count === 1 ? 'one certificate' : `${count} certificates`}` }
}

function proofOf(set: ReadableSet, withKey: boolean, { config, host }: RunContext): RevocationProof {
  const parts = readContents(readKeptSet(config.stateDir, set), host.clock())
  if (!parts) {
    const what = `what was kept of ${set.material} with serial ${set.certificate.serial}`
    throw new KeyrollerError('kept-unfit', `${what}: expected key and certificate, found no whole set`)
  }
  return { certificatePem: parts.leafPem, ...(withKey ? { keyPem: parts.keyPem } : {}) }
}
