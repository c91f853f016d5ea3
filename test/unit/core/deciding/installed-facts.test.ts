import { expect, test } from 'vitest'
import { findFileDrift } from '../../../../src/core/deciding/file-drift.ts'
import { installedFacts } from '../../../../src/core/deciding/installed-facts.ts'
import { judgeRenewal } from '../../../../src/core/deciding/renewal.ts'
import { certificate, DAY_MS, facts, file, leaf, NOW_MS, noFacts } from '../builders.ts'

const FRESH = leaf({ serial: 'ff', fingerprint: 'ab' })

test('what was just switched is whole, whatever was there before', () => {
  const installed = installedFacts(noFacts(), FRESH, 'files')
  const input = { material: certificate('web'), facts: installed, nowMs: NOW_MS, forced: false }
  expect(judgeRenewal({ ...input, dueAtMs: NOW_MS + DAY_MS })).toBeUndefined()
  expect(findFileDrift(installed, 'files')).toEqual([])
  expect(installed).toEqual(facts({ leaf: { state: 'read', certificate: FRESH } }))
})

test('with the layout generation, it was switched to links', () => {
  const installed = installedFacts(noFacts(), FRESH, 'generation')
  expect(findFileDrift(installed, 'generation')).toEqual([])
})

test('files that keep no intermediates do not keep them now either', () => {
  const before = facts({ files: [file('key'), file('cert'), file('ca')] })
  expect(installedFacts(before, FRESH, 'files').chain).toEqual({ state: 'unkept' })
})

test('a set whose owner is unknown was never planned to be installed', () => {
  const before = facts({ files: [file('key', { wanted: { state: 'unknown', why: 'no account web' } })] })
  expect(() => installedFacts(before, FRESH, 'files')).toThrow('installed although no account web')
})
