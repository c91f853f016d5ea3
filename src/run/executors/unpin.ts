import { KeyrollerError } from '../../core/errors.ts'
import type { Identity, MaterialId } from '../../core/material.ts'
import type { RunMemory } from '../../core/memory.ts'
import { mappingPath } from '../../core/planning/pinned.ts'
import { parseOne } from '../../x509/certificates.ts'
import type { Executor } from './executor.ts'
import { identityOf, pairOnDisk, sessionOf } from './login.ts'
import { readPins } from './pin.ts'

/** The certificate on disk stays in the mapping and the others go; only when it is there, since it is all that would be left. */
export const unpinExecutor: Executor<'unpin'> = async ({ material: id }, context) => {
  const identity = identityOf(context, id)
  const session = sessionOf(context, id)
  const path = mappingPath(identity)
  const parts = pairOnDisk(identity, context)
  const { facts } = parseOne(parts.leafPem)
  try {
    const pins = await readPins(identity, session)
    if (!pins.some((one) => one.fingerprint === facts.fingerprint))
      throw new KeyrollerError(
        'pin-refused',
        `${path}: expected serial ${facts.serial} of ${id}, found others`,
      )
    if (pins.length > 1) await session.writePinned(identity.login, parts.leafPem)
    await context.memory.update((memory) => withoutWidened(memory, id))
    return { message: `${path} trusts the certificate of ${id} alone, ${pins.length - 1} removed` }
  } catch (error) {
    throw withCommand(error, identity, path)
  }
}

function withoutWidened(memory: RunMemory, id: MaterialId): RunMemory {
  const { widenedAtMs: _, ...rest } = memory.materials[id] ?? {}
  return { ...memory, materials: { ...memory.materials, [id]: rest } }
}

/** What is on disk is what the mapping is to hold, so an operator can be told the very command. */
function withCommand(error: unknown, { files }: Identity, path: string): unknown {
  const file = files.find(({ role, format }) => (role === 'cert' && format !== 'der') || role === 'fullchain')
  if (!(error instanceof KeyrollerError) || error.code !== 'pin-refused' || !file) return error
  const hint = `vault write ${path} certificate=@${file.path}; ${error.hint}`
  return new KeyrollerError('pin-refused', error.message, { hint })
}
