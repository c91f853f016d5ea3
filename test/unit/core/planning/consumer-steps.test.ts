import { describe, expect, test } from 'vitest'
import type { ExecProbe } from '../../../../src/core/consumers/probe.ts'
import type { MaterialMemory, RunMemory, ServedMemory } from '../../../../src/core/memory.ts'
import {
  type Concern,
  type ConsumerPlan,
  consumerSteps,
  serveCheckStep,
} from '../../../../src/core/planning/consumer-steps.ts'
import { certificate, config, HOUR_MS, leaf, NOW_MS, observation } from '../builders.ts'
import { owed, PROBE, podman } from '../consumer-builders.ts'

const WEB = certificate('web', { reload: [podman('proxy')], probes: [PROBE] })
const LOOK: ExecProbe = { kind: 'exec', argv: ['/bin/look'], text: 'exec:/bin/look', timeoutMs: 1000 }
const SERVED: ServedMemory = {
  fingerprint: leaf().fingerprint,
  outcome: 'served',
  message: '127.0.0.1:443 serves serial 4a11',
  atMs: NOW_MS,
}

describe('with nothing changed and nothing owed, a look is repeated', () => {
  test.each<[string, Partial<ServedMemory>, readonly string[]]>([
    ['not where it is served', {}, []],
    ['where it is not served', { outcome: 'reset' }, ['serve-check']],
    ['where it could not be verified', { unverified: 'no anchors' }, ['serve-check']],
    ['not where another certificate was looked for', { outcome: 'reset', fingerprint: 'aa' }, []],
  ])('%s', (_, changes, kinds) => {
    const memory = { materials: { 'certificate/web': { served: { ...SERVED, ...changes } } } }
    const { steps } = consumerSteps(config(WEB), observation(config(WEB), {}, memory), { changed: new Set() })
    expect(steps.map(({ kind }) => kind)).toEqual(kinds)
  })
})

describe('what no client has looked at', () => {
  const { serial, fingerprint, notAfterMs } = leaf()
  const issued = { serial, fingerprint, notAfterMs, atMs: NOW_MS }

  test.each<[string, MaterialMemory, readonly string[]]>([
    ['is, where a run that installed it was cut off', { issued }, ['serve-check']],
    ['is not, where somebody else installed it', { issued: { ...issued, fingerprint: 'aa' } }, []],
    ['is not, where nobody remembers', {}, []],
    ['needs nothing, where it was seen', { issued, served: SERVED }, []],
  ])('%s', (_, known, kinds) => {
    const seen = observation(config(WEB), {}, { materials: { [WEB.id]: known } })
    const { steps } = consumerSteps(config(WEB), seen, { changed: new Set() })
    expect(steps.map(({ kind }) => kind)).toEqual(kinds)
  })
})

describe('a debt that waits for its next try', () => {
  const waiting = owed('podman:proxy', [WEB.id], { attempts: 4, atMs: NOW_MS, retryAtMs: NOW_MS + HOUR_MS })
  const unserved = { materials: { [WEB.id]: { served: { ...SERVED, outcome: 'reset' } as const } } }
  const plan = (memory: Partial<RunMemory>, concern: Partial<Concern>) =>
    consumerSteps(config(WEB), observation(config(WEB), {}, { owed: [waiting], ...memory }), {
      changed: new Set(),
      waitingAtMs: NOW_MS,
      ...concern,
    })
  const kindsOf = ({ steps }: ConsumerPlan) => steps.map(({ kind }) => kind)

  test('is held, and nobody looks before it was told', () => {
    const held = plan({}, {})
    expect([kindsOf(held), held.held]).toMatchObject([
      [],
      [{ target: 'podman:proxy', fault: 'reload-failed' }],
    ])
    const looked = plan(unserved, {})
    expect([kindsOf(looked), looked.held]).toMatchObject([[], [{ fault: 'serve-mismatch' }]])
  })

  test.each<[string, Partial<Concern>]>([
    ['when its time has come', { waitingAtMs: NOW_MS + HOUR_MS }],
    ['by who waits for nothing', { waitingAtMs: undefined }],
    ['once there are new files', { changed: new Set([WEB.id]) }],
  ])('is told %s', (_, concern) => {
    const told = plan(unserved, concern)
    expect([kindsOf(told), told.held]).toEqual([['reload', 'serve-check'], []])
  })

  test('is told along with the new files of another material at the same consumer', () => {
    const api = certificate('api', { reload: [podman('proxy')] })
    const changed = { changed: new Set([api.id]), waitingAtMs: NOW_MS }
    const { steps, held } = consumerSteps(
      config(WEB, api),
      observation(config(WEB, api), {}, { owed: [waiting] }),
      changed,
    )
    expect(held).toEqual([])
    expect(steps[0]).toMatchObject({ kind: 'reload', materials: expect.arrayContaining([WEB.id, api.id]) })
  })
})

test('one look for all probes of a material', () => {
  expect(serveCheckStep({ ...WEB, probes: [PROBE, LOOK] }).message).toBe(
    'see that 127.0.0.1:443, exec:/bin/look serve certificate/web',
  )
  expect(serveCheckStep(WEB).message).toBe('see that 127.0.0.1:443 serves certificate/web')
})
