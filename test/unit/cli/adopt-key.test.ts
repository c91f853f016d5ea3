/** What `adopt` does with a key that was pushed for a keyset of this host: its whole life, and every way to be refused. */
import { generateKeyPairSync } from 'node:crypto'
import { chmodSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { DAY_MS, issue, NOW_MS } from '../x509/authority.ts'
import { mail, push, pushCa, put, retired, stageWithKeyset } from './pushed-keyset.ts'
import type { Stage } from './stage.ts'

const firstKey = generateKeyPairSync('ed25519').privateKey
const stranger = generateKeyPairSync('ed25519')

test('a life: in use at once, known ahead, accepted for its grace, cut off, taken off the register', async () => {
  const scene = await stageWithKeyset()
  expect((await scene.keyroller('renew --log human')).exit).toBe(0)
  expect(existsSync(join(scene.folder, 'tokens.pem'))).toBe(false)

  const first = push(scene, { sequence: 3 })
  const { exit, stdout } = await scene.keyroller('adopt --log human')
  expect(stdout).toContain(
    'ok    keyset/tokens: put in use version 1: version 1 is known, and none is in use; 3 of 3 files written; push 3 is version 1, signed by push key 1 at 2026-06-01T12:00:00Z, its inbox emptied\n',
  )
  expect([exit, inUse(scene), mail(scene)]).toEqual([0, first, []])
  const kept = ['ledger.jsonl', 'state.json'].map((name) =>
    readFileSync(join(scene.folder, 'state', name), 'utf8'),
  )
  expect(stdout + kept.join()).not.toContain(secretIn(first))

  const second = push(scene, { sequence: 4 })
  expect((await scene.keyroller('adopt --log human')).exit).toBe(0)
  expect([inUse(scene), known(scene)]).toEqual([first, ['v1', 'v2']])
  await scene.keyroller('renew --log human', { nowMs: NOW_MS + 6 * DAY_MS })
  expect(inUse(scene)).toBe(first)
  await scene.keyroller('renew --log human', { nowMs: NOW_MS + 7 * DAY_MS })
  expect([inUse(scene), known(scene)]).toEqual([second, ['v1', 'v2']])

  await scene.keyroller('renew --log human', { nowMs: NOW_MS + 37 * DAY_MS })
  expect([known(scene), retired(scene)]).toEqual([['v1', 'v2'], ''])
  await scene.keyroller('renew --log human', { nowMs: NOW_MS + 38 * DAY_MS })
  expect([known(scene), retired(scene)]).toEqual([['v2'], 'tokens 1 v1\n'])
  expect(JSON.stringify(record(scene))).not.toContain(secretIn(first))
})

test('what was taken in already is emptied, and changes nothing', async () => {
  const scene = await stageWithKeyset()
  const { privateKey } = generateKeyPairSync('ed25519')
  push(scene, { sequence: 3 }, { privateKey })
  await scene.keyroller('adopt --log human')
  push(scene, { sequence: 3 }, { privateKey })
  const { exit, stdout } = await scene.keyroller('adopt --log human')
  expect([exit, mail(scene)]).toEqual([0, []])
  expect(stdout).toContain('files as before; push 3 is version 1 already, signed by')
})

test('a certificate of push_ca signs as well', async () => {
  const scene = await stageWithKeyset((text) =>
    text.replace(/^push_keys = .*$/m, `push_ca = "@/push-ca.pem"`),
  )
  const signer = await issue({ commonName: 'control-1', issuer: pushCa })
  const x5c = [signer.parsed.x509.raw.toString('base64')]
  push(scene, {}, { signer: signer.privateKey, header: { x5c } })
  const { exit, stdout } = await scene.keyroller('adopt --log human')
  expect([exit, stdout]).toEqual([0, expect.stringContaining('signed by control-1 at')])
})

describe('refused, left in the inbox, and the keyset as it was', () => {
  test.each<[string, (scene: Stage) => void, string]>([
    [
      'signed by a stranger',
      (scene) => push(scene, {}, { signer: stranger.privateKey }),
      'not-signed: expected the signature of a trusted key',
    ],
    [
      'signed for another keyset',
      (scene) => push(scene, { keyset: 'others' }),
      'other-keyset: expected one for keyset tokens, found one for keyset others',
    ],
    ['truncated', (scene) => truncated(scene), 'truncated: expected a key file of SHA-256'],
    [
      'played again',
      (scene) => push(scene, { sequence: 1 }),
      'replayed: expected a sequence above 1, found 1',
    ],
    [
      'of another kind',
      (scene) => push(scene, {}, generateKeyPairSync('ec', { namedCurve: 'P-256' })),
      'other-kind: expected a key of kind ed25519, found one of kind ec-p256',
    ],
    [
      'of a kind that nobody makes',
      (scene) => push(scene, {}, generateKeyPairSync('x25519')),
      'malformed: expected a key of kind ed25519, found a key of another type',
    ],
    [
      'with the key of an earlier version',
      (scene) => push(scene, {}, { privateKey: firstKey }),
      'known-key: expected a key that the keyset never had, found that of version 1',
    ],
    [
      'not claimed as it should be',
      (scene) => push(scene, { sha256: 'x' }),
      'malformed: expected keyset, sequence, sha256 and at as claims',
    ],
    [
      'half copied',
      (scene) => put(scene, 'key.pem', 'x'),
      'expected key.pem and key.jws, found key.pem alone',
    ],
  ])('%s', async (_, spoil, message) => {
    const scene = await stageWithKeyset()
    push(scene, { sequence: 1 }, { privateKey: firstKey })
    await scene.keyroller('adopt --log human')
    const before = record(scene)
    spoil(scene)
    const { exit, stdout } = await scene.keyroller('adopt --log human')
    expect([exit, stdout]).toEqual([7, expect.stringContaining(message)])
    expect(record(scene)).toEqual(before)
    expect(mail(scene)).toContain('key.pem')
  })

  test('while another waits to be put in use', async () => {
    const scene = await stageWithKeyset()
    for (const sequence of [1, 2, 3]) {
      push(scene, { sequence })
      const { exit, stdout } = await scene.keyroller('adopt --log human')
      expect(exit).toBe(sequence === 3 ? 7 : 0)
      if (exit !== 0) expect(stdout).toContain('one-waiting: expected no version in waiting, found version 2')
    }
  })
})

test('keys that others can change are nobody', async () => {
  const scene = await stageWithKeyset()
  push(scene, {})
  chmodSync(join(scene.folder, 'push-keys.pem'), 0o666)
  expect((await scene.keyroller('adopt --log human')).exit).toBe(3)
  expect(existsSync(join(scene.folder, 'state/keysets/tokens.json'))).toBe(false)
})

test('what config check says of a host that cannot be pushed to', async () => {
  const scene = await stageWithKeyset()
  expect(await scene.keyroller('config check')).toMatchObject({ exit: 0 })
  scene.place('push-keys.pem', pushCa.certPem)
  chmodSync(join(scene.folder, 'inbox'), 0o755)
  expect((await scene.keyroller('config check')).stdout.trim().split('\n')).toEqual([
    '~/inbox: keyset.tokens.inbox: expected a directory of root alone, found ~/inbox: expected none of the mode bits 0077, found mode 0755',
    '~/push-keys.pem: keyset.tokens.push_keys: expected whose signature counts, found ~/push-keys.pem: expected a PEM block PUBLIC KEY, found CERTIFICATE',
  ])
})

test('an inbox without anybody to sign, and the other way round', async () => {
  const scene = await stageWithKeyset((text) => text.replace(/^push_keys = .*$/m, ''))
  const alone = await scene.keyroller('config check')
  expect(alone.stdout).toContain(
    'keyset.tokens.inbox: expected push_keys or push_ca beside it, found neither',
  )
  scene.configure((text) => text.replace(/^inbox = .*$/m, 'push_keys = "/etc/push.pem"'))
  const other = await scene.keyroller('config check')
  expect(other.stdout).toContain('keyset.tokens.inbox: expected one for what is signed, found none')
})

function truncated(scene: Stage): void {
  put(scene, 'key.pem', push(scene, {}).slice(0, -20))
}

function inUse({ folder }: Stage): string {
  return readFileSync(join(folder, 'tokens.pem'), 'utf8')
}

function known({ folder }: Stage): string[] {
  const { keys } = JSON.parse(readFileSync(join(folder, 'tokens.jwks'), 'utf8'))
  return keys.map(({ kid }: { kid: string }) => kid).toSorted()
}

function record({ folder }: Stage): unknown {
  return JSON.parse(readFileSync(join(folder, 'state/keysets/tokens.json'), 'utf8'))
}

function secretIn(pem: string): string {
  return pem.split('\n')[1] ?? ''
}
