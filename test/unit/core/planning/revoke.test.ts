import { describe, expect, test } from 'vitest'
import type { HostConfig } from '../../../../src/core/host-config.ts'
import type { KeptSet } from '../../../../src/core/kept-set.ts'
import { makePlan } from '../../../../src/core/planning/plan.ts'
import { chooseRevocable, planRevocation } from '../../../../src/core/planning/revoke.ts'
import { revocable } from '../../../../src/core/planning/revoke-steps.ts'
import { certificate, config, DAY_MS, dueFacts, identity, NOW_MS, observation } from '../builders.ts'
import { kept, keptUnread } from '../kept-builders.ts'

const WEB = certificate('web')
const HOST = config(identity('agent'), WEB)
const OLD = kept({
  certificate: { serial: 'aa01', notBeforeMs: NOW_MS - DAY_MS, notAfterMs: NOW_MS + DAY_MS },
})
const OLDER = kept({
  certificate: { serial: 'aa02', notBeforeMs: NOW_MS - DAY_MS, notAfterMs: NOW_MS + DAY_MS },
})
const EXPIRED = kept({ certificate: { serial: 'aa03', notBeforeMs: 0, notAfterMs: NOW_MS - 1 } })
/** The serial of `leaf`, which is installed: what a rollback went back to is still kept. */
const INSTALLED = kept({
  certificate: { serial: '4a11', notBeforeMs: NOW_MS - DAY_MS, notAfterMs: NOW_MS + DAY_MS },
})

test('what is installed, expired or unreadable is never revoked', () => {
  const sets = [OLD, EXPIRED, INSTALLED, keptUnread()]
  expect(revocable(sets, observation(HOST), NOW_MS)).toEqual([OLD])
})

describe('asked for by a person', () => {
  test('every kept one that is still valid, or one serial in any spelling', () => {
    expect(choose([OLD, OLDER, EXPIRED])).toEqual([OLD, OLDER])
    expect(choose([OLD, OLDER], 'AA:02')).toEqual([OLDER])
  })

  test.each<[string, readonly KeptSet[], string | undefined, RegExp]>([
    [
      'nothing is kept',
      [],
      undefined,
      /^certificate\/web: expected a kept certificate that is still valid, found none$/,
    ],
    ['only expired ones are', [EXPIRED], undefined, /found none$/],
    ['not that serial', [OLD], 'ff', /^certificate\/web: expected serial ff among those, found aa01$/],
    ['it is installed', [OLD, INSTALLED], '4a11', /that was replaced, found 4a11, which is installed$/],
  ])('%s', (_, sets, serial, message) => {
    expect(() => choose(sets, serial)).toThrow(
      expect.objectContaining({ code: 'kept-missing', message: expect.stringMatching(message) }),
    )
  })

  test('logs in, revokes, and removes what was revoked, and nothing that was not', () => {
    const { steps } = planRevocation(HOST, WEB, choose([OLD]), false)
    expect(steps.map(({ kind }) => kind)).toEqual(['health', 'login', 'revoke', 'prune'])
    expect(steps.at(1)).toMatchObject({ identity: 'identity/agent', materials: ['certificate/web'] })
    expect(steps.at(3)).toMatchObject({ sets: [OLD], unlessRevoked: [OLD.fileName] })
  })
})

describe('by itself, when what was kept goes', () => {
  const past = { ...OLD, keptAtMs: NOW_MS - 8 * DAY_MS }

  test('no: it only goes', () => {
    expect(kinds(HOST, [past])).toEqual(['prune'])
  })

  test.each([
    ['any', false],
    ['own-key', true],
  ] as const)('%s: a login, the revocation, and then it goes', (revoke, withKey) => {
    const host = revoking(revoke)
    const { steps } = makePlan(host, observation(host, {}, {}, [past]), NOW_MS, { force: false })
    expect(steps.map(({ kind }) => kind)).toEqual(['health', 'login', 'revoke', 'prune'])
    expect(steps.at(2)).toMatchObject({ material: 'certificate/web', withKey })
    expect(steps.at(3)).toMatchObject({ unlessRevoked: [past.fileName] })
  })

  test('with the login and the health of a run that renews anyway', () => {
    const host = revoking('any')
    const seen = observation(host, { 'certificate/web': dueFacts() }, {}, [past])
    const all = makePlan(host, seen, NOW_MS, { force: false }).steps.map(({ kind }) => kind)
    expect(all.filter((kind) => kind === 'login' || kind === 'health')).toEqual(['health', 'login'])
    expect(all.slice(-2)).toEqual(['revoke', 'prune'])
  })

  test('of a material that is configured no longer, or a certificate that has expired: nobody is asked', () => {
    const gone = { ...past, material: 'certificate/gone' } as const
    const over = { ...EXPIRED, keptAtMs: past.keptAtMs }
    expect(kinds(revoking('any'), [gone, over])).toEqual(['prune'])
  })
})

function choose(sets: readonly KeptSet[], serial?: string) {
  const asked = { nowMs: NOW_MS, ...(serial === undefined ? {} : { serial }) }
  return chooseRevocable(WEB, observation(HOST, {}, {}, sets), asked)
}

function revoking(revoke: 'any' | 'own-key'): HostConfig {
  return { ...HOST, previous: { ...HOST.previous, revoke } }
}

function kinds(host: HostConfig, sets: readonly KeptSet[]): string[] {
  const seen = observation(host, {}, {}, sets)
  return makePlan(host, seen, NOW_MS, { force: false }).steps.map(({ kind }) => kind)
}
