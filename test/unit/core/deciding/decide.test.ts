import { describe, expect, test } from 'vitest'
import { decideAll } from '../../../../src/core/deciding/decide.ts'
import type { Decision, PlanOptions } from '../../../../src/core/deciding/decision.ts'
import type { PairFacts } from '../../../../src/core/facts.ts'
import type { HostConfig } from '../../../../src/core/host-config.ts'
import type { MaterialId } from '../../../../src/core/material.ts'
import type { RunMemory } from '../../../../src/core/memory.ts'
import {
  absent,
  certificate,
  config,
  dueFacts,
  facts,
  failure,
  file,
  HOUR_MS,
  identity,
  leaf,
  NOW_MS,
  noFacts,
  observation,
} from '../builders.ts'

const AGENT = identity('agent')
const WEB = certificate('web')
const HOST = config(AGENT, WEB)

test('what is sound is kept, and says until when', () => {
  expect(decide(HOST).map(({ kind }) => kind)).toEqual(['keep', 'keep'])
  expect(decideWeb({})).toEqual({
    kind: 'keep',
    material: 'certificate/web',
    reason: 'current',
    message: 'current, due in 5d, at 2026-06-06T12:00:00Z',
    dueAtMs: Date.parse('2026-06-06T12:00:00Z'),
  })
})

test('what is due is renewed, and says why', () => {
  expect(decideWeb({ seen: dueFacts() })).toMatchObject({
    kind: 'renew',
    reason: 'due',
    message: 'due since 2026-05-31T12:00:00Z, 9d of its life left',
  })
})

test('decisions come in the order of the configuration, only for what was selected', () => {
  const many = config(certificate('b'), AGENT, certificate('a'))
  const ids = (options: Partial<PlanOptions>) => decide(many, {}, {}, options).map(({ material }) => material)
  expect(ids({})).toEqual(['certificate/b', 'identity/agent', 'certificate/a'])
  const only = new Set<MaterialId>(['certificate/a', 'certificate/b'])
  expect(ids({ only })).toEqual(['certificate/b', 'certificate/a'])
})

describe('renewal is forced', () => {
  test('although it is not due', () => {
    expect(decideWeb({ options: { force: true } })).toMatchObject({ kind: 'renew', reason: 'forced' })
  })

  test('in spite of backoff', () => {
    const memory = remembering(failure())
    expect(decideWeb({ seen: dueFacts(), memory }).kind).toBe('hold')
    expect(decideWeb({ seen: dueFacts(), memory, options: { force: true } }).kind).toBe('renew')
  })

  test('not without trust anchors', () => {
    const seen = facts({ chain: { state: 'no-anchors', fault: NO_ANCHORS } })
    expect(decideWeb({ seen, options: { force: true } }).kind).toBe('hold')
  })
})

const NO_ANCHORS = { code: 'config-missing', message: '/etc/pki-root.pem: none', hint: 'look' } as const

describe('holds', () => {
  test('no-anchors: nothing can be judged, so nothing is touched', () => {
    const unread = { state: 'unreadable', why: 'not looked at without trust anchors' } as const
    const seen = facts({ key: unread, leaf: unread, chain: { state: 'no-anchors', fault: NO_ANCHORS } })
    expect(decideWeb({ seen })).toEqual({
      kind: 'hold',
      material: 'certificate/web',
      reason: 'no-anchors',
      fault: 'config-missing',
      message: '/etc/pki-root.pem: none',
    })
  })

  test('owner-unknown: what could not be handed over must not be issued', () => {
    const wanted = { state: 'unknown', why: 'no account web' } as const
    const seen = { ...dueFacts(), files: [file('key', { wanted })] }
    expect(decideWeb({ seen })).toMatchObject({
      kind: 'hold',
      reason: 'owner-unknown',
      fault: 'owner-unknown',
      message: 'no account web',
    })
  })

  test('no-password: what could not be written must not be issued', () => {
    const unwritable = { code: 'config-missing', message: 'no file', hint: '' } as const
    for (const seen of [dueFacts(), facts()]) {
      expect(decideWeb({ seen: { ...seen, files: [file('pkcs12', { unwritable })] } })).toMatchObject({
        kind: 'hold',
        reason: 'no-password',
        fault: 'config-missing',
        message: 'no file',
      })
    }
  })

  test('on-disk: what is ephemeral is neither issued nor mended on a disk', () => {
    const exposed = { code: 'files-failed', message: '/srv/web: found ext4', hint: '' } as const
    const drifted = facts({ files: [file('key', { exposed, mode: 0o644 })] })
    for (const seen of [{ ...dueFacts(), files: [file('key', { exposed })] }, drifted]) {
      expect(decideWeb({ seen })).toMatchObject({
        kind: 'hold',
        reason: 'on-disk',
        fault: 'files-failed',
        message: '/srv/web: found ext4',
      })
    }
  })

  test('backing-off: with the code of the failure, and when the next try is', () => {
    const memory = remembering(
      failure({ code: 'vault-sealed', count: 3, message: 'expected unsealed, found sealed' }),
    )
    expect(decideWeb({ seen: dueFacts(), memory })).toMatchObject({
      kind: 'hold',
      reason: 'backing-off',
      fault: 'vault-sealed',
      retryAtMs: NOW_MS + 30_000,
      message: 'next try at 2026-06-01T12:00:30Z after 3 failed, last: expected unsealed, found sealed',
    })
  })

  test('a failure of the past holds nothing that is current', () => {
    expect(decideWeb({ memory: remembering(failure()) }).kind).toBe('keep')
  })

  test('not-enrolled: an identity that has no pair cannot log in to get one', () => {
    expect(decideAgent(noFacts())).toMatchObject({
      kind: 'hold',
      reason: 'not-enrolled',
      fault: 'identity-unusable',
      message:
        'private key: expected a file, found none; identity/agent cannot log in: ' +
        'private key: expected a file, found none',
    })
  })

  test('a pair behind a link is there: no enrolment is advised, the path is', () => {
    const why = '/home/web/agent.key: expected web to be a directory, found a link or file'
    const unreadable = { state: 'unreadable', why } as const
    const files = noFacts().files.map((one) => ({ ...absent(one), state: 'refused', why }) as const)
    const linked = facts({ key: unreadable, leaf: unreadable, files })
    expect(decideAgent(linked)).toMatchObject({
      kind: 'hold',
      reason: 'identity-unusable',
      fault: 'files-refused',
      message: expect.stringContaining(why),
    })
    const denied = noFacts().files.map(absent)
    expect(decideAgent({ ...linked, files: denied })).toMatchObject({ fault: 'files-failed' })
  })

  test.each<[string, Partial<PairFacts>, string]>([
    ['no key', { key: { state: 'missing' } }, 'private key: missing'],
    ['no certificate', { leaf: { state: 'malformed', why: 'it is empty' } }, 'certificate: it is empty'],
    ['another key', { keyMatches: false }, 'the private key does not belong to the certificate'],
  ])('identity-unusable: the identity of a certificate has %s', (_, changes, why) => {
    const seen = { 'certificate/web': dueFacts(), 'identity/agent': facts(changes) } as const
    expect(decide(HOST, seen).at(1)).toMatchObject({
      kind: 'hold',
      reason: 'identity-unusable',
      fault: 'identity-unusable',
      message: `due since 2026-05-31T12:00:00Z, 9d of its life left; identity/agent cannot log in: ${why}`,
    })
  })

  test('what waits because its identity could not log in goes on once that has another certificate', () => {
    const refused = failure({ code: 'login-refused' })
    const issued = { serial: '1', fingerprint: 'f', notAfterMs: NOW_MS + HOUR_MS, atMs: refused.atMs + 1 }
    const since = (code: 'login-refused' | 'role-refused', atMs: number) =>
      decideWeb({
        seen: dueFacts(),
        memory: {
          materials: {
            'certificate/web': { failure: failure({ code }) },
            'identity/agent': { issued: { ...issued, atMs } },
          },
        },
      }).kind
    expect(since('login-refused', issued.atMs)).toBe('renew')
    expect(since('login-refused', refused.atMs - 1)).toBe('hold')
    expect(since('role-refused', issued.atMs)).toBe('hold')
  })

  test('an expired identity is tried: what Vault says of it only a login can tell', () => {
    const expired = facts({ leaf: { state: 'read', certificate: leaf({ notAfterMs: NOW_MS - HOUR_MS }) } })
    expect(decideAgent(expired)).toMatchObject({ kind: 'renew', reason: 'expired' })
  })
})

describe('repairs', () => {
  test('files that drifted are mended without a new certificate', () => {
    const files = [file('key', { mode: 0o644 }), absent(file('fullchain'))]
    expect(decideWeb({ seen: facts({ files }) })).toMatchObject({
      kind: 'repair',
      reason: 'file-drift',
      message:
        '/srv/web/key.pem: expected mode 0600, found 0644; ' +
        '/srv/web/fullchain.pem: expected a file, found none',
      repairs: [
        { path: '/srv/web/key.pem', how: 'attributes' },
        { path: '/srv/web/fullchain.pem', how: 'rewrite' },
      ],
    })
  })

  test('what is renewed anyway is not repaired first', () => {
    const files = [file('key', { mode: 0o644 }), file('fullchain')]
    expect(decideWeb({ seen: { ...dueFacts(), files } }).kind).toBe('renew')
  })

  test('backoff holds no repair', () => {
    const files = [file('key', { mode: 0o644 })]
    expect(decideWeb({ seen: facts({ files }), memory: remembering(failure()) }).kind).toBe('repair')
  })
})

test('a configuration and an observation that do not belong together are a fault of the program', () => {
  const other = observation(config(AGENT))
  expect(() => decideAll(HOST, other, NOW_MS, { force: false })).toThrow(
    'no facts of a pair were gathered for certificate/web',
  )
})

interface Case {
  readonly seen?: PairFacts
  readonly memory?: Partial<RunMemory>
  readonly options?: Partial<PlanOptions>
}

function decideWeb({ seen, memory, options }: Case): Decision {
  const [, web] = decide(HOST, seen ? { 'certificate/web': seen } : {}, memory, options)
  if (!web) throw new Error('nothing was decided')
  return web
}

function decideAgent(seen: PairFacts): Decision | undefined {
  return decide(HOST, { 'identity/agent': seen }).at(0)
}

function decide(
  host: HostConfig,
  seen: { readonly [id: MaterialId]: PairFacts } = {},
  memory: Partial<RunMemory> = {},
  options: Partial<PlanOptions> = {},
): Decision[] {
  return decideAll(host, observation(host, seen, memory), NOW_MS, { force: false, ...options })
}

function remembering(one: ReturnType<typeof failure>): Partial<RunMemory> {
  return { materials: { 'certificate/web': { failure: one } } }
}
