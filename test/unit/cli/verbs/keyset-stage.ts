/** A host with a keyset of its own, whose versions sign for 12 hours and change every 90 days. */
import { join } from 'node:path'
import { type Stage, stage } from '../stage.ts'

export async function keysetStage(more = ''): Promise<Stage> {
  const scene = await stage()
  scene.configure(
    (text) => `${text}
[keyset.tokens]
kind = "ed25519"
longest_lifetime = "12h"
publish_ahead = "7d"
rotate_every = "90d"
${more}
[keyset.tokens.files]
private_jwks = "${join(scene.folder, 'private.jwks')}"
jwks = "${join(scene.folder, 'keys.jwks')}"
`,
  )
  return scene
}
