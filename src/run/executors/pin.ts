import { KeyrollerError } from '../../core/errors.ts'
import type { CertificateFacts } from '../../core/facts.ts'
import type { Identity, MaterialId } from '../../core/material.ts'
import { effectivePins, mappingPath, PLACEHOLDER_PEM, staying } from '../../core/planning/pinned.ts'
import type { Session } from '../../vault/session.ts'
import { parseChain } from '../../x509/certificates.ts'
import type { RunContext } from '../context.ts'
import { readLeaf } from '../observing/observe.ts'
import type { Executor } from './executor.ts'
import { identityOf, sessionOf } from './login.ts'

/** The new certificate comes into the mapping beside the old one: from here to `unpin` either pair logs in. */
export const pinExecutor: Executor<'pin'> = async ({ material: id }, context) => {
  const identity = identityOf(context, id)
  const issued = context.issued.get(id)
  if (!issued) throw new Error(`${id} was to be pinned but not issued`)
  const session = sessionOf(context, id)
  const pins = await readPins(identity, session)
  const onDisk = readLeaf(identity, context.host, context.host.clock())
  const beside = staying(pins, onDisk?.fingerprint)
  await rememberWidened(context, id)
  const texts = [PLACEHOLDER_PEM, ...beside.map(({ pem }) => pem), issued.parts.leafPem]
  await session.writePinned(identity.login, texts.join(''))
  return {
    message: `${mappingPath(identity)} trusts the new certificate of ${id}, beside ${beside.length} there`,
  }
}

export interface Pin extends CertificateFacts {
  readonly pem: string
}

/** What lets somebody in there. Throws `pin-refused` where that is an authority, for other hosts too perhaps. */
export async function readPins(identity: Identity, session: Session): Promise<readonly Pin[]> {
  const path = mappingPath(identity)
  const held = parsePinned(await session.readPinned(identity.login), path)
  const pins = effectivePins(held)
  if (pins !== 'authority') return pins
  const message = `${path}: expected a mapping that trusts certificates alone, found one that trusts an authority`
  throw new KeyrollerError('pin-refused', message, {
    hint: `set mapping_pins = "authority" for ${identity.id}, or vault write ${path} certificate=@CERTIFICATE`,
  })
}

function parsePinned(text: string, path: string): Pin[] {
  try {
    return parseChain(text).map(({ facts, pem }) => ({ ...facts, pem }))
  } catch {
    // The parser's own words are of OpenSSL, and may quote what it read.
    throw new KeyrollerError('pin-refused', `${path}: expected PEM certificates, found something else`)
  }
}

/** Before the mapping is written: whatever happens then, a later run looks at it. */
async function rememberWidened({ memory, host }: RunContext, id: MaterialId): Promise<void> {
  const widenedAtMs = host.clock()
  await memory.update((before) => ({
    ...before,
    materials: { ...before.materials, [id]: { ...before.materials[id], widenedAtMs } },
  }))
}
