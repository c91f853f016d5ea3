/** A stage with a keyset whose versions are pushed, and an orchestrator that signs for them. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { claimsOf, type PushClaims, signPush } from '../../rig/push-signature.ts'
import { authority } from '../x509/authority.ts'
import { type Stage, stage } from './stage.ts'

export const control = generateKeyPairSync('ed25519')
export const pushCa = await authority('Push CA')

/** With a keyset that is pushed to; `@` in a change of its table stands for the folder of the stage. */
export async function stageWithKeyset(change: (text: string) => string = (text) => text): Promise<Stage> {
  const scene = await stage()
  mkdirSync(join(scene.folder, 'inbox'), { mode: 0o700 })
  scene.place('push-keys.pem', control.publicKey.export({ type: 'spki', format: 'pem' }).toString())
  scene.place('push-ca.pem', pushCa.certPem)
  scene.place('off-register', REGISTER, 0o755)
  scene.configure((text) => `${text}${change(KEYSET)}`.replaceAll('@', scene.folder))
  return scene
}

const REGISTER = `#!/bin/sh
echo "$KEYROLLER_KEYSET $KEYROLLER_VERSION $KEYROLLER_KID" >> "$(dirname "$0")/retired"
`

const KEYSET = `
[keyset.tokens]
kind = "ed25519"
longest_lifetime = "30d"
publish_ahead = "7d"
accept_for = "31d"
inbox = "@/inbox"
push_keys = "@/push-keys.pem"
on_retired = ["@/off-register"]
reload = ["exec:/bin/true"]
files = { pem = "@/tokens.pem", jwks = "@/tokens.jwks", public_pem = "@/tokens.pub" }
`

interface Pushing {
  readonly privateKey?: KeyObject
  readonly signer?: KeyObject
  readonly header?: object
}

/** A key of its own unless one is named; resolves to its PEM. */
export function push(scene: Stage, claims: Partial<PushClaims>, pushing: Pushing = {}): string {
  const {
    privateKey = generateKeyPairSync('ed25519').privateKey,
    signer = control.privateKey,
    header,
  } = pushing
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  put(scene, 'key.pem', pem)
  put(scene, 'key.jws', `${signPush(claimsOf(pem, { sequence: 2, ...claims }), signer, header)}\n`)
  return pem
}

export function put({ folder }: Stage, name: string, text: string): void {
  writeFileSync(join(folder, 'inbox', name), text, { mode: 0o600 })
}

export function mail({ folder }: Stage): string[] {
  return readdirSync(join(folder, 'inbox'))
}

export function retired({ folder }: Stage): string {
  const path = join(folder, 'retired')
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}
