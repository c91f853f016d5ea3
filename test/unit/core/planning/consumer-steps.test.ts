import { describe, expect, test } from 'vitest'
import type { ExecProbe } from '../../../../src/core/consumers/probe.ts'
import type { ServedMemory } from '../../../../src/core/memory.ts'
import { consumerSteps, serveCheckStep } from '../../../../src/core/planning/consumer-steps.ts'
import { certificate, config, leaf, NOW_MS, observation } from '../builders.ts'
import { PROBE, podman } from '../consumer-builders.ts'

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
    const { steps } = consumerSteps(config(WEB), observation(config(WEB), {}, memory), new Set(), undefined)
    expect(steps.map(({ kind }) => kind)).toEqual(kinds)
  })
})

test('one look for all probes of a material', () => {
  expect(serveCheckStep({ ...WEB, probes: [PROBE, LOOK] }).message).toBe(
    'see that 127.0.0.1:443, exec:/bin/look serve certificate/web',
  )
  expect(serveCheckStep(WEB).message).toBe('see that 127.0.0.1:443 serves certificate/web')
})
