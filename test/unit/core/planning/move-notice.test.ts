import { expect, test } from 'vitest'
import type { PresentFile } from '../../../../src/core/facts.ts'
import type { Layout } from '../../../../src/core/material.ts'
import { makePlan } from '../../../../src/core/planning/plan.ts'
import {
  certificate,
  config,
  dueFacts,
  facts,
  file,
  identity,
  leaf,
  NOW_MS,
  noFacts,
  observation,
} from '../builders.ts'

const GENERATION = { layout: 'generation' } as const
const OWN = 'of its own'

test.each<[Layout, PresentFile['place'], string]>([
  ['files', 'file', 'install certificate/web'],
  ['generation', 'link', 'install certificate/web'],
  ['generation', 'file', 'install certificate/web; moves the files of certificate/web into a generation'],
  ['files', 'link', 'install certificate/web; moves the files of certificate/web out of their generation'],
])('a renewal with the layout %s of files found as %s', (layout, place, message) => {
  const files = [file('key', { place }), file('fullchain', { place })]
  expect(told(layout, { ...dueFacts(), files })).toEqual([message])
})

test('nothing is moved that is not there', () =>
  expect(told('generation', noFacts())).toEqual(['install certificate/web']))

test('with nothing due the move is a repair, and says so file by file', () => {
  const found = `expected a link into its generation, found a file ${OWN}`
  const message = `repair certificate/web: /srv/web/key.pem: ${found}; /srv/web/fullchain.pem: ${found}`
  expect(told('generation', facts())).toEqual([message])
  const step = planOf('generation', facts()).steps.find(({ kind }) => kind === 'repair')
  expect(step).toMatchObject({ repairs: [{ how: 'move' }, { how: 'move' }] })
})

test('a mode that is wrong beside it needs no repair of its own: the generation is made anew', () => {
  const files = [file('key', { mode: 0o640 }), file('fullchain', { place: 'link' })]
  const [step] = planOf('generation', facts({ files })).steps
  expect(step).toMatchObject({ kind: 'repair', repairs: [{ path: '/srv/web/key.pem', how: 'move' }] })
})

function told(layout: Layout, seen: ReturnType<typeof facts>): string[] {
  const steps = planOf(layout, seen).steps.filter(({ kind }) => kind === 'install' || kind === 'repair')
  return steps.map(({ message }) => message)
}

/** The certificate was installed by keyroller, so its files are not adopted. */
function planOf(layout: Layout, seen: ReturnType<typeof facts>) {
  const host = config(identity('agent'), certificate('web', layout === 'generation' ? GENERATION : {}))
  const { fingerprint } = seen.leaf.certificate ?? leaf()
  const issued = { ...leaf(), fingerprint, atMs: NOW_MS }
  const memory = { materials: { 'certificate/web': { issued } } }
  return makePlan(host, observation(host, { 'certificate/web': seen }, memory), NOW_MS, { force: false })
}
