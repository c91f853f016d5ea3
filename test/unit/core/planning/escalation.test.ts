import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SERVE_OUTCOMES, type ServeOutcome } from '../../../../src/core/consumers/served.ts'
import type { ReloadTarget } from '../../../../src/core/consumers/target.ts'
import type { ReadableSet } from '../../../../src/core/kept-set.ts'
import type { Certificate, MaterialId } from '../../../../src/core/material.ts'
import type { MaterialMemory, RunMemory } from '../../../../src/core/memory.ts'
import { EMPTY_MEMORY } from '../../../../src/core/memory.ts'
import {
  describeOwed,
  describeRung,
  findUnserved,
  nextRung,
  rollBackSteps,
  tellSteps,
} from '../../../../src/core/planning/escalation.ts'
import { LADDER, type LadderRung } from '../../../../src/core/planning/ladder.ts'
import { isLasting } from '../../../../src/core/planning/rollback.ts'
import type { StepOutcome } from '../../../../src/core/run-events.ts'
import { materialsOf, type Step } from '../../../../src/core/steps.ts'
import { certificate, config, DAY_MS, HOUR_MS, identity, leaf, NOW_MS, observation } from '../builders.ts'
import { PROBE, podman, systemd } from '../consumer-builders.ts'
import { kept } from '../kept-builders.ts'

const NEEDED = { ...systemd('nginx.service'), restart: 'if-needed' } as ReloadTarget
const ALWAYS = { ...systemd('db.service'), restart: 'always' } as ReloadTarget
const WEB = certificate('web', {
  reload: [podman('proxy'), NEEDED],
  probes: [PROBE],
  onUnserved: 'roll-back',
})

describe('what can be tried', () => {
  test('in order: told again, restarted, rolled back', () => {
    expect(openOf(WEB)).toEqual(['again', 'restart', 'roll-back'])
  })

  test.each<[string, Partial<Certificate>, readonly LadderRung[]]>([
    ['going back only where it is asked for', { onUnserved: 'keep' }, ['again', 'restart']],
    ['a restart only where a target allows it', { reload: [podman('proxy')] }, ['again', 'roll-back']],
    ['what is told by a restart is not restarted again', { reload: [ALWAYS] }, ['roll-back']],
    ['nobody is told where nobody is named', { reload: [], onUnserved: 'keep' }, []],
  ])('%s', (_, changes, open) => expect(openOf({ ...WEB, ...changes })).toEqual(open))

  test.each(['chain-incomplete', 'unverified'] as const)('%s: it has loaded the files already', (outcome) => {
    expect(openOf(WEB, { outcome })).toEqual(['roll-back'])
  })

  test('what was tried for this certificate is not tried again, and for another one it is', () => {
    const escalation = { fingerprint: leaf().fingerprint, tried: ['again', 'restart'] } as const
    expect(openOf(WEB, { memory: { escalation } })).toEqual(['roll-back'])
    expect(openOf(WEB, { memory: { escalation: { ...escalation, fingerprint: 'aa' } } })).toEqual([...LADDER])
  })

  test('once back there is no further way back', () => {
    const issued = { ...leaf(), atMs: NOW_MS, rolledBackFrom: '4a12' }
    expect(openOf(WEB, { memory: { issued } })).toEqual(['again', 'restart'])
  })

  test('a way back that failed in this run is not begun again in it', () => {
    const install: Step = { kind: 'install', materials: [WEB.id], message: '' }
    const before = [failed({ kind: 'serve-check', material: WEB.id, message: '' }, 'serve-mismatch')]
    expect(openOf(WEB, { before: [...before, failed(install, 'files-failed')] })).toEqual([
      'again',
      'restart',
    ])
    expect(openOf(WEB, { before: [done(install)] })).toContain('roll-back')
  })

  test('a consumer that is not there has refused nothing; one that died of it has', () => {
    const reload: Step = { kind: 'reload', target: podman('proxy'), materials: [WEB.id], message: '' }
    expect(openOf(WEB, { before: [failed(reload, 'target-missing')] })).toEqual(['again', 'restart'])
    expect(openOf(WEB, { before: [failed(reload, 'reload-failed')] })).toContain('roll-back')
    expect(openOf(WEB, { before: [failed(reload, 'target-missing'), done(reload)] })).toContain('roll-back')
  })

  test('only of what was looked at in this run, and last in vain', () => {
    const memory = memoryOf(WEB, { outcome: 'reset' })
    const check: Step = { kind: 'serve-check', material: WEB.id, message: '' }
    const seen = (...outcomes: StepOutcome[]) => findUnserved(config(WEB), memory, outcomes).length
    expect(seen()).toBe(0)
    expect(seen(failed(check, 'serve-mismatch'))).toBe(1)
    expect(seen(failed(check, 'serve-mismatch'), done(check))).toBe(0)
    expect(seen({ step: check, atMs: 0, tookMs: 0, outcome: 'skipped', message: '' })).toBe(0)
    // What could not be remembered is not known.
    expect(seen(failed(check, 'state-failed'))).toBe(0)
  })
})

describe('one rung at a time', () => {
  const API = certificate('api', { reload: [podman('proxy')], probes: [PROBE] })

  test('those on the lowest climb, the others wait', () => {
    const web = unservedOf(WEB, {
      memory: { escalation: { fingerprint: leaf().fingerprint, tried: ['again'] } },
    })
    const next = nextRung([...web, ...unservedOf(API)])
    expect([next?.rung, next?.climbing.map(({ material }) => material.id)]).toEqual(['again', [API.id]])
    expect(nextRung(web)?.rung).toBe('restart')
    expect(nextRung([])).toBeUndefined()
  })

  test('a consumer of several is told once, then every one of them is looked at', () => {
    const climbing = [...unservedOf(WEB), ...unservedOf(API)]
    expect(outline(tellSteps('again', climbing, NOW_MS))).toEqual([
      'reload podman:proxy certificate/web certificate/api',
      'reload systemd:nginx.service certificate/web',
      'serve-check certificate/web',
      'serve-check certificate/api',
    ])
  })

  test('only what may be restarted is', () => {
    expect(outline(tellSteps('restart', unservedOf(WEB), NOW_MS))).toEqual([
      'restart systemd:nginx.service certificate/web',
      'serve-check certificate/web',
    ])
  })

  test('back in one switch, an identity with a login before, then told and looked at', () => {
    const agent = identity('agent', { probes: [PROBE], reload: [podman('proxy')] })
    const host = config(agent, WEB)
    const ways = [WEB, agent].map((material) => ({ material, set: kept() as ReadableSet }))
    expect(outline(rollBackSteps(host, observation(host), ways, NOW_MS))).toEqual([
      'preflight certificate/web identity/agent',
      'health identity/agent',
      'prove identity/agent',
      'install certificate/web identity/agent',
      'reload podman:proxy identity/agent certificate/web',
      'reload systemd:nginx.service certificate/web',
      'serve-check identity/agent',
      'serve-check certificate/web',
    ])
  })
})

test('a run goes back by itself only to what stays: the next one would renew it at once', () => {
  const lasting = (leftMs: number) => {
    const life = { serial: '4a10', notBeforeMs: NOW_MS - 16 * DAY_MS, notAfterMs: NOW_MS + leftMs }
    return isLasting(config(WEB), observation(config(WEB)), restoreOf(kept({ certificate: life })), NOW_MS)
  }
  expect(lasting(14 * DAY_MS)).toBe(true)
  expect(lasting(HOUR_MS)).toBe(false)
})

describe('what is said', () => {
  const [first] = unservedOf(WEB)
  const [last] = unservedOf(WEB, {
    memory: { escalation: { fingerprint: leaf().fingerprint, tried: ['again', 'restart'] } },
  })

  test('why a rung is climbed', () => {
    if (!first || !last) throw new Error('nothing unserved')
    expect(LADDER.map((rung) => describeRung(rung === 'roll-back' ? last : first, rung))).toEqual([
      'certificate/web is not served (old-certificate): telling podman:proxy, systemd:nginx.service again',
      'certificate/web is not served (old-certificate): restarting systemd:nginx.service',
      'certificate/web is not served (old-certificate, told again, restarted): going back to what was installed before',
    ])
  })

  test('what is left when nothing more may be tried', () => {
    if (!last) throw new Error('nothing unserved')
    expect(describeOwed(last)).toBe(
      'certificate/web is not served (old-certificate, told again, restarted): ' +
        'it stays owed to podman:proxy, systemd:nginx.service',
    )
  })
})

test('property: whatever is met, the ladder ends, nothing is tried twice, and nothing that is not allowed', () => {
  const material = fc.record({
    reload: fc.subarray<ReloadTarget>([podman('proxy'), NEEDED, ALWAYS]),
    onUnserved: fc.constantFrom('keep' as const, 'roll-back' as const),
  })
  const met = fc.array(fc.constantFrom(...SERVE_OUTCOMES), { minLength: 6, maxLength: 6 })
  fc.assert(
    fc.property(material, met, (changes, outcomes) => {
      const one = { ...WEB, ...changes }
      const climbed = climb(one, outcomes)
      expect(new Set(climbed).size).toBe(climbed.length)
      // A way back that was not found is no reason not to restart, should what is met be another thing then.
      const told = climbed.filter((rung) => rung !== 'roll-back')
      expect(told).toEqual(LADDER.filter((rung) => rung !== 'roll-back' && told.includes(rung)))
      if (one.onUnserved === 'keep') expect(climbed).not.toContain('roll-back')
      if (!one.reload.includes(NEEDED)) expect(climbed).not.toContain('restart')
      const isToldFirst = one.reload.some((target) => target !== ALWAYS)
      const [first = 'served'] = outcomes
      if (isToldFirst && !['served', 'chain-incomplete', 'unverified'].includes(first))
        expect(climbed[0]).toBe('again')
    }),
  )
})

/** What a run tries when its looks come out like this, one after another. */
function climb(one: Certificate, met: readonly ServeOutcome[]): LadderRung[] {
  const climbed: LadderRung[] = []
  for (const outcome of met) {
    const escalation = { fingerprint: leaf().fingerprint, tried: climbed }
    const next = nextRung(unservedOf(one, { outcome, memory: { escalation } }))
    if (!next) return climbed
    climbed.push(next.rung)
  }
  return climbed
}

interface Met {
  readonly outcome?: ServeOutcome
  readonly memory?: Partial<MaterialMemory>
  /** What the run did before its last look. */
  readonly before?: readonly StepOutcome[]
}

function openOf(material: Certificate, met: Met = {}): readonly LadderRung[] {
  return unservedOf(material, met).flatMap(({ open }) => open)
}

function unservedOf(material: Certificate, { before = [], ...met }: Met = {}) {
  const check: Step = { kind: 'serve-check', material: material.id, message: '' }
  const outcomes = [...before, failed(check, 'serve-mismatch')]
  return findUnserved(config(material), memoryOf(material, met), outcomes)
}

function memoryOf(
  { id }: { readonly id: MaterialId },
  { outcome = 'old-certificate', memory }: Met,
): RunMemory {
  const served = { fingerprint: leaf().fingerprint, outcome, message: 'why', atMs: NOW_MS }
  return { ...EMPTY_MEMORY, materials: { [id]: { served, ...memory } } }
}

function restoreOf(set: ReturnType<typeof kept>) {
  return { material: WEB, set: set as ReadableSet }
}

function done(step: Step): StepOutcome {
  return { step, atMs: NOW_MS, tookMs: 0, outcome: 'done', message: '' }
}

function failed(
  step: Step,
  code: 'serve-mismatch' | 'reload-failed' | 'target-missing' | 'files-failed' | 'state-failed',
): StepOutcome {
  return { step, atMs: NOW_MS, tookMs: 0, outcome: 'failed', fault: { code, message: '', hint: '' } }
}

function outline(steps: readonly Step[]): string[] {
  return steps.map((step) => {
    const target = 'target' in step ? ` ${step.target.text}` : ''
    return `${step.kind}${target} ${materialsOf(step).join(' ')}`
  })
}
