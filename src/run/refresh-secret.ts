/** A secret is read, and its files hold what it says. */
import type { Secret } from '../core/material.ts'
import type { SecretMemory } from '../core/memory.ts'
import { shapeOf } from '../core/secrets/secret.ts'
import type { RunContext } from './context.ts'
import type { StepDone } from './executors/executor.ts'
import { sessionOf } from './executors/login.ts'
import { secretImages } from './file-images.ts'
import { writeStored } from './write-stored.ts'

/** Throws `secret-missing`, `secret-unfit`, and what a transport or a switch throws; the files are then as before. */
export async function refreshSecret(secret: Secret, context: RunContext): Promise<StepDone> {
  const { id } = secret
  const { version, fields } = await sessionOf(context, secret.identity).readSecret(secret)
  const atMs = context.host.clock()
  const images = secretImages(context, secret, fields)
  const { count, stamps } = await writeStored(secret, images, context)
  await remember(secret, context, { atMs, version, shape: shapeOf(secret), stamps })
  const done = count > 0 ? `${count} of ${images.length} files written` : 'as before'
  return { message: `${id}: version ${version}, ${done}` }
}

/** A reading that went well ends a failure. */
async function remember({ id }: Secret, context: RunContext, secret: SecretMemory): Promise<void> {
  await context.memory.update((memory) => ({
    ...memory,
    materials: { ...memory.materials, [id]: { secret } },
  }))
}
