import { KeyrollerError, toFault } from '../../core/errors.ts'
import {
  isPaired,
  loginOf,
  type MaterialId,
  type NeedsLogin,
  needsLogin,
  type Paired,
  type Secret,
} from '../../core/material.ts'
import type { RetestLine } from '../../core/memory.ts'
import { countChecks, needsRetest, onePerRole, retestFailures } from '../../core/planning/retest.ts'
import { generateKeypair } from '../../x509/keypair.ts'
import { makeSigningRequest } from '../../x509/signing-request.ts'
import { materialOf, type RunContext } from '../context.ts'
import { judgeAnswer } from '../judge-answer.ts'
import type { Executor } from './executor.ts'
import { askHealth } from './health.ts'
import { identityOf, logIn, sessionOf } from './login.ts'

/**
 * Looks at the server's version and, when it is another, does everything a renewal does short of installing: each identity
 * logs in, for each role a certificate is signed for a key that is thrown away, and each secret is read. What fails here says nothing against a
 * material, whose files are as good as before; the run tells it, and the next look tests again.
 */
export const retestExecutor: Executor<'retest'> = async (step, context) => {
  const health = context.server.health ?? (await askHealth(context))
  const known = context.memory.current().server
  if (!known || !needsRetest(known, health.version)) return { message: `version ${health.version} as before` }
  const materials = step.materials.map((id) => materialOf(context, id)).filter(needsLogin)
  const lines = await testAll(materials, context)
  context.server.retest = { atMs: context.host.clock(), from: known.version, lines }
  const failed = retestFailures(lines)
  const versions =
    known.version === health.version ? health.version : `${known.version} is now ${health.version}`
  const code = lines.find(({ fault }) => fault)?.fault?.code
  if (code) throw new KeyrollerError(code, `server ${versions}: ${failed.join('; ')}`)
  return { message: `server ${versions}: ${countChecks(lines)} work` }
}

async function testAll(materials: readonly NeedsLogin[], context: RunContext): Promise<RetestLine[]> {
  const lines: RetestLine[] = []
  for (const id of new Set(materials.map(loginOf))) {
    const login = await line(id, 'login', () => openOnce(id, context))
    lines.push(login)
    if (login.fault) continue
    const own = materials.filter((one) => loginOf(one) === id)
    for (const material of onePerRole(own.filter(isPaired)))
      lines.push(await line(material.id, 'sign', () => signDry(material, context)))
    for (const secret of own.filter((one) => one.kind === 'secret'))
      lines.push(await line(secret.id, 'read', () => readOnly(secret, context)))
  }
  return lines
}

async function line(
  subject: MaterialId,
  check: RetestLine['check'],
  work: () => Promise<void>,
): Promise<RetestLine> {
  try {
    await work()
    return { subject, check }
  } catch (error) {
    return { subject, check, fault: toFault(error) }
  }
}

/** A login of this run has proved itself already. */
async function openOnce(id: MaterialId, context: RunContext): Promise<void> {
  if (!context.sessions.has(id)) await logIn(identityOf(context, id), context)
}

/** With a key of its own also where the material's is certified again: nothing here touches what is installed. */
async function signDry(material: Paired, context: RunContext): Promise<void> {
  if (context.issued.has(material.id)) return
  const { issuance } = material
  const keypair = await generateKeypair(issuance.keyType)
  const { pem } = makeSigningRequest(issuance, keypair)
  const signed = await context.sessions.get(loginOf(material))?.sign({ issuance, csrPem: pem })
  if (!signed) throw new Error(`${material.id} was to be signed without a login`)
  const anchors = context.trust(issuance.trustFile)
  if ('fault' in anchors) throw new KeyrollerError(anchors.fault.code, anchors.fault.message)
  const nowMs = context.host.clock()
  judgeAnswer({ material, signed, keypair, anchors, currentNotAfterMs: undefined, nowMs })
}

/** What it holds is let go: the files are another step's. */
async function readOnly(secret: Secret, context: RunContext): Promise<void> {
  await sessionOf(context, secret.identity).readSecret(secret)
}
