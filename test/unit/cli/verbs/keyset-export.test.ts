/** Public keys of a keyset, as somebody else reads them. */
import { createPublicKey } from 'node:crypto'
import { createLocalJWKSet } from 'jose'
import { describe, expect, test } from 'vitest'
import type { Stage } from '../stage.ts'
import { keysetStage } from './keyset-stage.ts'

async function rotated(): Promise<Stage> {
  const scene = await keysetStage()
  await scene.keyroller('renew tokens --log human')
  await scene.keyroller('keyset rotate tokens --now --yes --log human')
  return scene
}

function kids(stdout: string): string[] {
  return JSON.parse(stdout).keys.map(({ kid }: { readonly kid: string }) => kid)
}

describe('export-public', () => {
  test('what is accepted, as a JWK Set without private members', async () => {
    const { keyroller } = await rotated()
    const { exit, stdout } = await keyroller('keyset export-public tokens')
    expect([exit, kids(stdout)]).toEqual([0, ['v2', 'v1']])
    expect(JSON.parse(stdout).keys.every((key: object) => !('d' in key))).toBe(true)
    const found = await createLocalJWKSet(JSON.parse(stdout))({ alg: 'EdDSA', kid: 'v1' })
    expect(found).toMatchObject({ type: 'public' })
  })

  test('with --all also what was archived, by its number', async () => {
    const { keyroller } = await rotated()
    await keyroller('keyset retire tokens v1 --yes --log human')
    expect(kids((await keyroller('keyset export-public tokens')).stdout)).toEqual(['v2'])
    expect(kids((await keyroller('keyset export-public tokens --all')).stdout)).toEqual(['v1', 'v2'])
    await keyroller('keyset destroy tokens v1 --yes --log human')
    expect(kids((await keyroller('keyset export-public tokens --all')).stdout)).toEqual(['v2'])
  })

  test('as PEM, each under a line that names it', async () => {
    const { keyroller } = await rotated()
    const { stdout } = await keyroller('keyset export-public tokens --format pem')
    expect(stdout.split('\n').filter((line) => line.startsWith('#'))).toEqual([
      '# v2 v2 active',
      '# v1 v1 retiring',
    ])
    expect(createPublicKey(stdout).asymmetricKeyType).toBe('ed25519')
  })

  test('what has no public key, or no record yet, is refused', async () => {
    const scene = await keysetStage()
    expect(await scene.keyroller('keyset export-public tokens')).toMatchObject({
      exit: 7,
      stderr: expect.stringContaining(
        'expected a record in its store, found none\nhint: keyroller keyset advance tokens',
      ),
    })
    scene.configure((text) => text.replace('"ed25519"', '"hmac-256"').replace(/^jwks = .*$/m, ''))
    await scene.keyroller('renew tokens --log human')
    expect((await scene.keyroller('keyset export-public tokens')).stderr).toContain(
      'tokens: expected a version with a public key, found none',
    )
    expect((await scene.keyroller('keyset export-public tokens --format der')).exit).toBe(2)
  })
})
