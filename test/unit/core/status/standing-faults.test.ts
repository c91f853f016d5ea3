import { expect, test } from 'vitest'
import type { FaultCode } from '../../../../src/core/errors.ts'
import type { StepOutcome } from '../../../../src/core/run-events.ts'
import { standingFaults } from '../../../../src/core/status/standing-faults.ts'
import type { Step } from '../../../../src/core/steps.ts'
import { NOW_MS } from '../builders.ts'
import { podman } from '../consumer-builders.ts'

const WEB = 'certificate/web' as const
const CHECK: Step = { kind: 'serve-check', material: WEB, message: '' }
const OTHER: Step = { kind: 'serve-check', material: 'certificate/api', message: '' }
const RELOAD: Step = { kind: 'reload', target: podman('proxy'), materials: [WEB], message: '' }
const RESTART: Step = { kind: 'restart', target: podman('proxy'), materials: [WEB], message: '' }
const INSTALL: Step = { kind: 'install', materials: [WEB], message: '' }
const HEALTH: Step = { kind: 'health', materials: [WEB], message: '' }

const done = (step: Step): StepOutcome => ({ step, atMs: NOW_MS, tookMs: 0, outcome: 'done', message: '' })
const failed = (step: Step, code: FaultCode): StepOutcome => {
  return { step, atMs: NOW_MS, tookMs: 0, outcome: 'failed', fault: { code, message: '', hint: '' } }
}
const codes = (...outcomes: StepOutcome[]) => standingFaults(outcomes).map(({ code }) => code)

test('what failed and nothing mended', () => {
  expect(
    codes(failed(HEALTH, 'vault-sealed'), failed(RELOAD, 'reload-failed'), failed(CHECK, 'serve-mismatch')),
  ).toEqual(['vault-sealed', 'reload-failed', 'serve-mismatch'])
})

test('a consumer told in the end is told, a certificate served in the end is served', () => {
  const first = [failed(RELOAD, 'reload-failed'), failed(CHECK, 'serve-mismatch')]
  expect(codes(...first, done(RELOAD), done(CHECK))).toEqual([])
  expect(codes(...first, done(RESTART), done(CHECK))).toEqual([])
  expect(codes(...first, done(RELOAD), failed(CHECK, 'serve-mismatch'))).toEqual(['serve-mismatch'])
})

test('another one served is another one', () => {
  expect(codes(failed(CHECK, 'serve-mismatch'), done(OTHER))).toEqual(['serve-mismatch'])
})

test('what is served after a rollback says nothing for the certificate that was not', () => {
  expect(codes(failed(CHECK, 'serve-mismatch'), done(INSTALL), done(CHECK))).toEqual(['serve-mismatch'])
})

test('no later step mends what has no second try', () => {
  expect(codes(failed(HEALTH, 'vault-sealed'), done(HEALTH))).toEqual(['vault-sealed'])
})

test('a run that was stopped is not done, whatever was done before', () => {
  const fault = { code: 'run-interrupted', message: '', hint: '' } as const
  const skipped: StepOutcome = {
    step: CHECK,
    atMs: NOW_MS,
    tookMs: 0,
    outcome: 'skipped',
    message: '',
    fault,
  }
  expect(codes(done(CHECK), skipped)).toEqual(['run-interrupted'])
})
