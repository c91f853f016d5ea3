import { reuseObstacle } from '../../core/deciding/key-reuse.ts'
import { KeyrollerError } from '../../core/errors.ts'
import { certificateOf } from '../../core/facts.ts'
import { loginOf, type Paired } from '../../core/material.ts'
import { generateKeypair, type Keypair, keypairOf } from '../../x509/keypair.ts'
import { makeSigningRequest, type SigningRequest } from '../../x509/signing-request.ts'
import { pairOf, type RunContext } from '../context.ts'
import { judgeAnswer } from '../judge-answer.ts'
import { readKey } from '../observing/observe.ts'
import type { Executor } from './executor.ts'
import { sessionOf } from './login.ts'

/** Key here, request to Vault, judgement of what comes back. Nothing touches the disk. */
export const issueExecutor: Executor<'issue'> = async ({ material: id }, context) => {
  const material = pairOf(context, id)
  const { issuance } = material
  const keypair = await keypairFor(material, context)
  const request = makeSigningRequest(issuance, keypair)
  await checkNewShape(request, material, context)
  const signed = await sessionOf(context, loginOf(material)).sign({ issuance, csrPem: request.pem })
  const anchors = context.trust(issuance.trustFile)
  if ('fault' in anchors) throw new KeyrollerError(anchors.fault.code, anchors.fault.message)
  const currentNotAfterMs = certificateOf(context.observation.materials.get(id))?.notAfterMs
  const { leftOut, ...issued } = judgeAnswer({
    material,
    signed,
    keypair,
    anchors,
    currentNotAfterMs,
    nowMs: context.host.clock(),
  })
  context.issued.set(id, { ...issued, remember: { requestShape: request.shape } })
  const { serial, issuerName } = issued.certificate
  const rest =
    leftOut === 0 ? '' : `; ${leftOut} of the certificates sent along did not issue it and stay out`
  return { message: `${id}: serial ${serial} issued by ${issuerName}${rest}` }
}

/** A new key, but for a material whose key is to be certified again. Throws `key-not-reusable`. */
async function keypairFor(material: Paired, { host }: RunContext): Promise<Keypair> {
  const { keyType, reuseKey } = material.issuance
  if (!reuseKey) return generateKeypair(keyType)
  const { facts, privateKey } = readKey(material, host, host.clock())
  const obstacle = reuseObstacle(material, facts)
  if (obstacle !== undefined) throw new KeyrollerError('key-not-reusable', `${material.id}: ${obstacle}`)
  return privateKey ? keypairOf(privateKey) : generateKeypair(keyType)
}

/** The shape of the last certificate installed was checked then; only new names or another key type are checked anew. */
async function checkNewShape(
  { pem, shape }: SigningRequest,
  { id, issuance }: Paired,
  { memory }: RunContext,
): Promise<void> {
  if (memory.current().materials[id]?.issued?.requestShape === shape) return
  const { checkRequest } = await import('../../x509/check-request.ts')
  await checkRequest(pem, issuance)
}
