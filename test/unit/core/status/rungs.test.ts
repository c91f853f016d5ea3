import { describe, expect, test } from 'vitest'
import type { Decision } from '../../../../src/core/deciding/decision.ts'
import type { PairFacts } from '../../../../src/core/facts.ts'
import type { MaterialMemory, OwedReload, ServedMemory } from '../../../../src/core/memory.ts'
import { EMPTY_MEMORY } from '../../../../src/core/memory.ts'
import { type MaterialStatus, statusOf } from '../../../../src/core/status/rungs.ts'
import {
  absent,
  certificate,
  DAY_MS,
  facts,
  failure,
  file,
  HOUR_MS,
  leaf,
  NOW_MS,
  noFacts,
} from '../builders.ts'
import { owed, PROBE, podman, systemd } from '../consumer-builders.ts'

const ISSUED = {
  serial: '4a11',
  fingerprint: leaf().fingerprint,
  notAfterMs: leaf().notAfterMs,
  atMs: NOW_MS,
}
const SERVED: ServedMemory = {
  fingerprint: leaf().fingerprint,
  outcome: 'served',
  message: '127.0.0.1:443 serves serial 4a11',
  atMs: NOW_MS - HOUR_MS,
}

test('all four rungs: ready', () => {
  const material = certificate('web', { reload: [podman('proxy'), systemd('x.service')], probes: [PROBE] })
  const status = statusFor({ material, memory: { issued: ISSUED, served: SERVED } })
  expect(status).toMatchObject({
    id: 'certificate/web',
    ready: true,
    issued: { state: 'yes', message: 'serial 4a11, until 2026-06-16T12:00:00Z' },
    installed: { state: 'yes', message: '2 files as configured' },
    loaded: { state: 'yes', message: 'told: podman:proxy, systemd:x.service' },
    served: { state: 'yes', message: '127.0.0.1:443 serves serial 4a11, at 2026-06-01T11:00:00Z' },
    verified: { state: 'yes', message: 'its chain verifies' },
    serial: '4a11',
    notBeforeMs: NOW_MS - 15 * DAY_MS,
    notAfterMs: NOW_MS + 15 * DAY_MS,
    dueAtMs: NOW_MS + DAY_MS,
    next: { action: 'keep', reason: 'current', message: 'current', atMs: NOW_MS + DAY_MS },
    owed: [],
  })
})

test('rungs that are not configured are off, and do not stand against ready', () => {
  expect(statusFor({})).toMatchObject({
    ready: true,
    loaded: { state: 'off', message: 'no reload target configured' },
    served: { state: 'off', message: 'no probe configured' },
  })
})

test('a material that was never issued', () => {
  const status = statusFor({ seen: noFacts() })
  expect(status).toMatchObject({
    ready: false,
    issued: { state: 'no', message: 'certificate: expected a file, found none' },
    installed: { state: 'no', message: 'private key: expected a file, found none' },
  })
  expect(status).not.toHaveProperty('serial')
})

test('a failure is told with its wait, without its hint', () => {
  expect(statusFor({ memory: { failure: failure({ count: 3 }) } }).failure).toEqual({
    code: 'vault-unreachable',
    message: 'expected an answer, found ECONNREFUSED',
    count: 3,
    atMs: failure({}).atMs,
    retryAtMs: NOW_MS + 30_000,
  })
})

describe('issued', () => {
  test.each<[string, Partial<PairFacts>, Omit<MaterialStatus['issued'], 'reason'>]>([
    [
      'untrusted',
      { chain: { state: 'untrusted', why: 'no issuer of web (Other)' } },
      { state: 'no', message: 'untrusted chain: no issuer of web (Other)' },
    ],
    [
      'expired',
      { leaf: { state: 'read', certificate: leaf({ notAfterMs: NOW_MS }) } },
      { state: 'no', message: 'expired at 2026-06-01T12:00:00Z' },
    ],
    [
      'unjudgeable',
      { chain: { state: 'no-anchors', fault: { code: 'config-missing', message: 'no file', hint: '' } } },
      { state: 'unknown', message: 'no file' },
    ],
    [
      'judged when it was issued',
      { chain: { state: 'unkept' } },
      { state: 'yes', message: 'serial 4a11, until 2026-06-16T12:00:00Z' },
    ],
  ])('%s', (_, changes, rung) => expect(statusFor({ seen: facts(changes) }).issued).toMatchObject(rung))
})

describe('installed', () => {
  const unknown = { state: 'unknown', why: 'no account web' } as const
  test.each<[string, Partial<PairFacts>, string]>([
    ['another key', { keyMatches: false }, 'the private key does not belong to the certificate'],
    ['no key', { key: { state: 'malformed', why: 'half a key' } }, 'private key: half a key'],
    [
      'a missing copy',
      { files: [file('key'), absent(file('fullchain'))] },
      '/srv/web/fullchain.pem: expected a file, found none',
    ],
    [
      'another owner and another mode',
      { files: [file('key', { uid: 1000 }), file('fullchain', { mode: 0o600 })] },
      '/srv/web/key.pem: expected owner 0:0, found 1000:0; /srv/web/fullchain.pem: expected mode 0644, found 0600',
    ],
    [
      'an owner this host does not know',
      { files: [file('key', { wanted: unknown })] },
      '/srv/web/key.pem: no account web',
    ],
    [
      'a password nobody can read',
      { files: [file('pkcs12', { unwritable: { code: 'config-missing', message: 'no file', hint: '' } })] },
      '/srv/web/pkcs12.pem: no file',
    ],
    [
      'a place on a disk that is to be in memory',
      { files: [file('key', { exposed: { code: 'files-failed', message: 'found ext4', hint: '' } })] },
      '/srv/web/key.pem: found ext4',
    ],
  ])('%s', (_, changes, message) => {
    const status = statusFor({ seen: facts(changes) })
    expect(status.installed).toMatchObject({ state: 'no', message })
    expect(status.ready).toBe(false)
  })
})

describe('loaded', () => {
  const material = certificate('web', { reload: [podman('proxy')] })

  test('owed: to whom and since when', () => {
    const debts = [owed('podman:proxy', ['certificate/web']), owed('podman:other', ['certificate/api'])]
    const status = statusFor({ material, memory: { issued: ISSUED }, debts })
    expect(status.loaded).toMatchObject({
      state: 'no',
      message: 'owed: podman:proxy since 2026-06-01T11:00:00Z',
    })
    expect(status.owed).toEqual([debts[0]])
  })

  test.each([
    [
      'never installed by keyroller, or forgotten',
      {},
      'keyroller does not remember installing it: another tool did, or the state was lost',
    ],
    [
      'replaced by somebody since',
      { issued: { ...ISSUED, fingerprint: '00', serial: '0b' } },
      'another than keyroller installed last, which was serial 0b',
    ],
  ])('%s: nobody can know', (_, memory, message) => {
    expect(statusFor({ material, memory }).loaded).toMatchObject({ state: 'unknown', message })
  })
})

describe('served', () => {
  const material = certificate('web', { probes: [PROBE] })

  test.each([
    ['not looked at', undefined],
    ['another was looked for', { ...SERVED, fingerprint: '00' }],
  ])('%s: unknown, and not ready', (_, served) => {
    const status = statusFor({ material, memory: served ? { served } : {} })
    expect(status.served).toMatchObject({
      state: 'unknown',
      message: 'no client has looked for this certificate yet',
    })
    expect(status.ready).toBe(false)
  })

  test('not served: what the client found instead', () => {
    const served = { ...SERVED, outcome: 'not-up', message: '127.0.0.1:443: ECONNREFUSED' } as const
    expect(statusFor({ material, memory: { served } }).served).toMatchObject({
      state: 'no',
      message: '127.0.0.1:443: ECONNREFUSED, at 2026-06-01T11:00:00Z',
    })
  })
})

interface Case {
  readonly material?: ReturnType<typeof certificate>
  readonly seen?: PairFacts
  readonly memory?: MaterialMemory
  readonly debts?: readonly OwedReload[]
}

function statusFor({
  material = certificate('web'),
  seen = facts(),
  memory = {},
  debts = [],
}: Case): MaterialStatus {
  const keep = { kind: 'keep', reason: 'current', message: 'current' } as const
  const decision: Decision = { ...keep, material: material.id, dueAtMs: NOW_MS + DAY_MS }
  const remembered = { ...EMPTY_MEMORY, materials: { [material.id]: memory }, owed: debts }
  return statusOf({ material, facts: seen, memory: remembered, decision, nowMs: NOW_MS })
}

describe('verified', () => {
  const material = certificate('web', { probes: [PROBE] })
  const verified = (served: ServedMemory) => statusFor({ material, memory: { served } })

  test('with the peer that the chain names', () => {
    const served = { ...SERVED, peer: 'spiffe://privsec.ch/web' }
    expect(verified(served).verified).toMatchObject({
      state: 'yes',
      message: 'attested as spiffe://privsec.ch/web',
    })
  })

  test('a look that fell back: served, and not ready', () => {
    const status = verified({ ...SERVED, unverified: '127.0.0.1:443: expected a CA file, found none' })
    expect(status.served.state).toBe('yes')
    expect(status.verified).toMatchObject({
      state: 'no',
      message: '127.0.0.1:443: expected a CA file, found none',
    })
    expect(status.ready).toBe(false)
  })

  test('nobody knows of one that is not served', () => {
    expect(verified({ ...SERVED, outcome: 'reset' }).verified.state).toBe('unknown')
  })

  test('where a program looks there is nothing to verify', () => {
    const asked = certificate('web', {
      probes: [{ kind: 'exec', argv: ['/bin/look'], text: 'exec:/bin/look', timeoutMs: 1000 }],
    })
    expect(statusFor({ material: asked, memory: { served: SERVED } }).verified.state).toBe('off')
  })
})
