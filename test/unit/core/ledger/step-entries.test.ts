import { expect, test } from 'vitest'
import { canonicalJson } from '../../../../src/core/ledger/canonical.ts'
import { intentEntry, outcomeEntry, type RunKnowledge } from '../../../../src/core/ledger/step-entries.ts'
import type { StepOutcome } from '../../../../src/core/run-events.ts'
import type { Step } from '../../../../src/core/steps.ts'
import { certificate, fileSpec, leaf } from '../builders.ts'

const [A, B] = ['certificate/a', 'certificate/b'] as const
const INSTALL: Step = { kind: 'install', materials: [A, B], message: 'install a and b' }
const MATERIALS = [A, B].map((id) =>
  certificate(id.slice(-1), { files: [fileSpec('key', `${id.slice(-1)}.key`)] }),
)

function known(changes: Partial<RunKnowledge> = {}): RunKnowledge {
  const issued = new Map([A, B].map((id) => [id, { certificate: leaf({ serial: id.slice(-1) }) }]))
  const materials = new Map(MATERIALS.map((one) => [one.id, one]))
  return { materials, issued, changed: new Set(), failures: new Map(), ...changes }
}

function done(step: Step, changes: Partial<StepOutcome> = {}): StepOutcome {
  return { step, atMs: 0, tookMs: 1.4, outcome: 'done', message: 'installed a', ...changes } as StepOutcome
}

test('an intent names only what is still to be done', () => {
  const entry = intentEntry(INSTALL, known({ failures: new Map([[B, 'why']]) }))
  expect(entry).toMatchObject({ kind: 'intent', step: 'install', materials: [A], message: 'install a and b' })
  expect(entry.certificates?.map(({ serial }) => serial)).toEqual(['a'])
  expect(entry.files).toEqual(MATERIALS[0]?.files.map(({ path }) => path))
})

test('of several that were to be installed, those that were; and whom it failed for', () => {
  const fault = { code: 'files-failed', message: 'no space', hint: '' } as const
  const knowledge = known({ changed: new Set([A]), failures: new Map([[B, 'why']]) })
  const entry = outcomeEntry(done(INSTALL, { outcome: 'failed', fault }), 7, knowledge)
  expect(entry).toMatchObject({
    ...{
      kind: 'outcome',
      of: 7,
      result: 'failed',
      fault: 'files-failed',
      failed: [B],
      message: 'no space',
      tookMs: 1,
    },
    certificates: [{ material: A, serial: 'a' }],
  })
})

test('before it is issued nothing is known of a certificate', () => {
  const step: Step = { kind: 'issue', material: A, reason: 'due', message: 'issue a' }
  expect(intentEntry(step, known({ issued: new Map() }))).toEqual({
    ...{ kind: 'intent', step: 'issue', materials: [A], message: 'issue a', reason: 'due' },
  })
})

// A hook can print anything, and half a surrogate pair has no UTF-8.
test('whatever a message holds, the entry has a canonical form', () => {
  const message = `${'😀'.repeat(1500)}\u0000\ud800`
  const entry = outcomeEntry(done(INSTALL, { message } as Partial<StepOutcome>), undefined, known())
  expect(entry.message).toHaveLength(2000)
  expect(() => canonicalJson(entry)).not.toThrow()
  const cut = intentEntry({ ...INSTALL, message: `x${'😀'.repeat(1500)}` }, known())
  expect(() => canonicalJson(cut)).not.toThrow()
})
