import { describe, expect, test } from 'vitest'
import { decideAll } from '../../../../src/core/deciding/decide.ts'
import { reuseObstacle } from '../../../../src/core/deciding/key-reuse.ts'
import type { PairFacts } from '../../../../src/core/facts.ts'
import { certificate, config, dueFacts, facts, identity, NOW_MS, observation } from '../builders.ts'

const PINNED = certificate('web', { issuance: { reuseKey: true } })

describe('the key on disk is certified again', () => {
  test.each<[string, PairFacts['key'], string | undefined]>([
    ['when it has the type configured', { state: 'read', type: 'ec-p256' }, undefined],
    ['or when there is none yet', { state: 'missing', why: 'no file' }, undefined],
    [
      'never with another type',
      { state: 'read', type: 'rsa-2048' },
      'expected a private key of type ec-p256 to certify again, found rsa-2048',
    ],
    [
      'never when it cannot be read: a new one would break what pins it',
      { state: 'malformed', why: 'the key file: no block' },
      'expected a private key to certify again, found: the key file: no block',
    ],
  ])('%s', (_, key, obstacle) => expect(reuseObstacle(PINNED, { key })).toBe(obstacle))

  test('only when it is asked for', () => {
    expect(reuseObstacle(certificate('web'), { key: { state: 'read', type: 'rsa-2048' } })).toBeUndefined()
  })
})

test('what cannot be certified again is held, in spite of --now, and only when a renewal is wanted', () => {
  const other: PairFacts['key'] = { state: 'read', type: 'ed25519' }
  const decide = (seen: PairFacts, force: boolean) => {
    const host = config(identity('agent'), PINNED)
    return decideAll(host, observation(host, { 'certificate/web': seen }), NOW_MS, { force }).at(1)
  }
  expect(decide({ ...dueFacts(), key: other }, true)).toMatchObject({
    kind: 'hold',
    reason: 'key-not-reusable',
    fault: 'key-not-reusable',
    message:
      'due since 2026-05-31T12:00:00Z, 9d of its life left; ' +
      'expected a private key of type ec-p256 to certify again, found ed25519',
  })
  expect(decide(facts({ key: other }), false)?.kind).toBe('keep')
})
