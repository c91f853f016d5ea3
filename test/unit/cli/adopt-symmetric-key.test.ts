/** Keys that encrypt are pushed in base64, and live on for what they have encrypted. */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { claimsOf, signPush } from '../../rig/push-signature.ts'
import { DAY_MS, NOW_MS } from '../x509/authority.ts'
import { control, put, retired, stageWithKeyset } from './pushed-keyset.ts'

test('a symmetric key, as a line of base64', async () => {
  const scene = await stageWithKeyset((text) =>
    text
      .replace('kind = "ed25519"', 'kind = "aes-256"')
      .replace(/^files = .*$/m, `files = { list = "@/list" }`),
  )
  const key = Buffer.alloc(32, 7).toString('base64')
  put(scene, 'key.b64', `${key}\n`)
  put(scene, 'key.jws', signPush(claimsOf(`${key}\n`), control.privateKey))
  expect((await scene.keyroller('adopt --log human')).exit).toBe(0)
  expect(readFileSync(join(scene.folder, 'list'), 'utf8')).toBe(`${key}\n`)
  put(scene, 'key.b64', 'AAAA')
  put(scene, 'key.jws', signPush(claimsOf('AAAA', { sequence: 2 }), control.privateKey))
  expect((await scene.keyroller('adopt --log human')).stdout).toContain(
    'malformed: expected a key of kind aes-256, found 3 bytes instead of 32',
  )
})

test('one under legal hold still decrypts what it once encrypted, long after its grace', async () => {
  const scene = await stageWithKeyset((text) =>
    text
      .replace('kind = "ed25519"', 'kind = "aes-256"\nlegal_hold = "case 4711"')
      .replace(/^files = .*$/m, 'files = { list = "@/list" }'),
  )
  const [old, fresh] = [Buffer.alloc(32, 7), Buffer.alloc(32, 8)]
  const data = sealed('a contract of 2019', old)
  for (const [index, key] of [old, fresh].entries()) {
    put(scene, 'key.b64', key.toString('base64'))
    const claims = claimsOf(key.toString('base64'), { sequence: index + 1 })
    put(scene, 'key.jws', signPush(claims, control.privateKey))
    expect((await scene.keyroller('adopt --log human')).exit).toBe(0)
  }
  for (const days of [7, 38, 400])
    await scene.keyroller('renew --log human', { nowMs: NOW_MS + days * DAY_MS })
  const [inUse = '', ...held] = readFileSync(join(scene.folder, 'list'), 'utf8').trim().split('\n')
  expect(inUse).toBe(fresh.toString('base64'))
  expect(held.map((key) => opened(data, Buffer.from(key, 'base64')))).toEqual(['a contract of 2019'])
  expect(retired(scene)).toBe('')
})

interface Sealed {
  readonly text: Buffer
  readonly tag: Buffer
}

const NONCE = Buffer.alloc(12)

function sealed(text: string, key: Buffer): Sealed {
  const cipher = createCipheriv('aes-256-gcm', key, NONCE)
  return { text: Buffer.concat([cipher.update(text), cipher.final()]), tag: cipher.getAuthTag() }
}

function opened({ text, tag }: Sealed, key: Buffer): string {
  const decipher = createDecipheriv('aes-256-gcm', key, NONCE).setAuthTag(tag)
  return Buffer.concat([decipher.update(text), decipher.final()]).toString()
}
