import { describe, expect, test } from 'vitest'
import { rememberRevocations } from '../../../../src/core/deciding/revocation.ts'
import type { PairFacts } from '../../../../src/core/facts.ts'
import type { HostConfig } from '../../../../src/core/host-config.ts'
import type { MaterialId } from '../../../../src/core/material.ts'
import { EMPTY_MEMORY, type MaterialMemory } from '../../../../src/core/memory.ts'
import { makePlan } from '../../../../src/core/planning/plan.ts'
import {
  bundle,
  certificate,
  config,
  DAY_MS,
  dueFacts,
  facts,
  HOUR_MS,
  identity,
  leaf,
  NOW_MS,
  observation,
} from '../builders.ts'

const HOST = checking(config(identity('agent'), certificate('web'), bundle('trust')))
const WEB = 'certificate/web'
const FAULT = { code: 'revocation-unknown', message: 'it has ended', hint: 'look' } as const

describe('when the lists are asked', () => {
  test.each<[string, MaterialMemory, boolean]>([
    ['never asked, and not issued here', {}, true],
    ['issued here a moment ago', { issued: issued(HOUR_MS) }, false],
    ['issued here a day ago', { issued: issued(DAY_MS) }, true],
    ['asked an hour ago', { revocation: asked(HOUR_MS) }, false],
    ['asked a day ago', { revocation: asked(DAY_MS) }, true],
    ['asked in the future, by a clock that jumped back', { revocation: asked(-HOUR_MS) }, true],
    ['asked for another certificate', { revocation: { ...asked(HOUR_MS), fingerprint: 'other' } }, true],
    ['asked half an hour ago in vain', { revocation: { ...asked(HOUR_MS / 2), fault: FAULT } }, false],
    ['asked an hour ago in vain', { revocation: { ...asked(HOUR_MS), fault: FAULT } }, true],
  ])('%s', (_, memory, isDue) => {
    const known = { revocation: asked(HOUR_MS) }
    expect(kinds({ 'identity/agent': known, [WEB]: memory })).toEqual(isDue ? ['check-revocation'] : [])
  })

  test('for all certificates at once, whichever is due, and never for a bundle', () => {
    const [step] = plan({ [WEB]: {}, 'identity/agent': { revocation: asked(HOUR_MS) } }).steps
    expect(step).toMatchObject({ materials: ['identity/agent', WEB] })
  })

  test('not for what is renewed anyway, nor where nobody wants it', () => {
    const seen = { [WEB]: dueFacts() }
    const known = { 'identity/agent': { revocation: asked(HOUR_MS) } }
    expect(kinds(known, seen)).not.toContain('check-revocation')
    expect(kinds({}, {}, config(identity('agent'), certificate('web')))).toEqual([])
  })
})

describe('what is revoked', () => {
  const revoked = { revocation: { ...asked(HOUR_MS), revokedAtMs: NOW_MS - DAY_MS } }

  test('is renewed at once, and asked for no more', () => {
    const { decisions, steps } = plan({ [WEB]: revoked, 'identity/agent': { revocation: asked(HOUR_MS) } })
    expect(decisions).toContainEqual(
      expect.objectContaining({
        kind: 'renew',
        material: WEB,
        reason: 'revoked',
        message: 'revoked at 2026-05-31T12:00:00Z',
      }),
    )
    expect(steps.map(({ kind }) => kind)).not.toContain('check-revocation')
  })

  test('only while it is that certificate, and only where lists are asked', () => {
    const other = { ...revoked.revocation, fingerprint: 'other' }
    expect(reasonOf(plan({ [WEB]: { revocation: other } }))).toBe('current')
    const quiet = config(identity('agent'), certificate('web'))
    expect(reasonOf(plan({ [WEB]: revoked }, {}, quiet))).toBe('current')
  })
})

test('what was learned is remembered beside everything else', () => {
  const memory = { ...EMPTY_MEMORY, materials: { [WEB]: { issued: issued(DAY_MS) } } }
  expect(rememberRevocations(memory, [[WEB, asked(0)]]).materials).toEqual({
    [WEB]: { issued: issued(DAY_MS), revocation: asked(0) },
  })
})

function checking(host: HostConfig): HostConfig {
  return { ...host, renewal: { ...host.renewal, checkRevocation: true } }
}

function asked(agoMs: number) {
  return { fingerprint: leaf().fingerprint, atMs: NOW_MS - agoMs }
}

function issued(agoMs: number) {
  const { serial, fingerprint, notAfterMs } = leaf()
  return { serial, fingerprint, notAfterMs, atMs: NOW_MS - agoMs }
}

function plan(
  materials: Record<MaterialId, MaterialMemory>,
  seen: Record<MaterialId, PairFacts> = {},
  host = HOST,
) {
  const looked = {
    'bundle/trust': { bundle: { atMs: NOW_MS - HOUR_MS, authorities: ['ca', 'root'], keepUntil: {} } },
  }
  const memory = { materials: { ...looked, ...materials } }
  return makePlan(host, observation(host, { 'identity/agent': facts(), ...seen }, memory), NOW_MS, {
    force: false,
  })
}

function kinds(...args: Parameters<typeof plan>): string[] {
  return plan(...args).steps.map(({ kind }) => kind)
}

function reasonOf({ decisions }: ReturnType<typeof plan>): string | undefined {
  return decisions.find(({ material }) => material === WEB)?.reason
}
