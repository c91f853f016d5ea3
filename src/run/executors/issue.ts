import { KeyrollerError } from '../../core/errors.ts'
import { judgeIssued } from '../../core/judgement.ts'
import { reuseObstacle } from '../../core/key-reuse.ts'
import type { EpochMs, Material } from '../../core/material.ts'
import type { SignedCertificate } from '../../vault/pki.ts'
import { parseOne } from '../../x509/certificates.ts'
import { findChainFault, type TrustAnchors } from '../../x509/chain.ts'
import { generateKeypair, type Keypair, keypairOf, privateKeyPem } from '../../x509/keypair.ts'
import { makeSigningRequest, type SigningRequest } from '../../x509/signing-request.ts'
import { type IssuedSet, materialOf, type RunContext } from '../context.ts'
import { readKey } from '../observe.ts'
import type { Executor } from './executor.ts'

/** Key here, request to Vault, judgement of what comes back. Nothing touches the disk. */
export const issueExecutor: Executor<'issue'> = async ({ material: id }, context) => {
  const material = materialOf(context, id)
  const { issuance } = material
  const keypair = await keypairFor(material, context)
  const request = makeSigningRequest(issuance, keypair)
  await checkNewShape(request, material, context)
  const signed = await sessionFor(material, context).sign({ issuance, csrPem: request.pem })
  const anchors = context.trust(issuance.trustFile)
  if ('fault' in anchors) throw new KeyrollerError(anchors.fault.code, anchors.fault.message)
  const currentNotAfterMs = context.observation.materials.get(id)?.leaf.certificate?.notAfterMs
  const issued = judge({ material, signed, keypair, anchors, currentNotAfterMs, nowMs: context.host.clock() })
  context.issued.set(id, { ...issued, requestShape: request.shape })
  return { message: `${id}: serial ${issued.certificate.serial} issued by ${issued.certificate.issuerName}` }
}

/** A new key, but for a material whose key is to be certified again. Throws `key-not-reusable`. */
async function keypairFor(material: Material, { host }: RunContext): Promise<Keypair> {
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
  { id, issuance }: Material,
  { memory }: RunContext,
): Promise<void> {
  if (memory.current().materials[id]?.issued?.requestShape === shape) return
  const { checkRequest } = await import('../../x509/check-request.ts')
  await checkRequest(pem, issuance)
}

function sessionFor(material: Material, { sessions }: RunContext) {
  const identity = material.kind === 'identity' ? material.id : material.identity
  const session = sessions.get(identity)
  if (!session) throw new Error(`${material.id} was planned without a login of ${identity}`)
  return session
}

interface Answer {
  readonly material: Material
  readonly signed: SignedCertificate
  readonly keypair: Keypair
  readonly anchors: TrustAnchors
  readonly currentNotAfterMs: EpochMs | undefined
  readonly nowMs: EpochMs
}

/** Every block through the strict PEM grammar, then the ordered judgements. Throws `issue-invalid`. */
function judge(answer: Answer): Omit<IssuedSet, 'requestShape'> {
  const { material, signed, keypair, anchors, currentNotAfterMs, nowMs } = answer
  const leaf = parseOne(signed.certificatePem)
  const chain = signed.caChainPems.map((pem) => parseOne(pem, anchors.known))
  const fault = judgeIssued({
    material,
    certificate: leaf.facts,
    keyMatches: leaf.x509.checkPrivateKey(keypair.privateKey),
    chainFault: findChainFault(leaf, chain, anchors, nowMs),
    currentNotAfterMs,
    nowMs,
  })
  if (fault) throw new KeyrollerError('issue-invalid', `${material.id}: ${fault.reason}: ${fault.message}`)
  const parts = {
    keyPem: privateKeyPem(keypair.privateKey),
    leafPem: leaf.pem,
    chainPems: chain.map(({ pem }) => pem),
    anchorPems: anchors.certificates.map(({ pem }) => pem),
  }
  return { parts, certificate: leaf.facts }
}
