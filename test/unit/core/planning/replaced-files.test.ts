import { describe, expect, test } from 'vitest'
import type { MaterialFacts } from '../../../../src/core/facts.ts'
import type { HostConfig } from '../../../../src/core/host-config.ts'
import type { Material } from '../../../../src/core/material.ts'
import { makePlan } from '../../../../src/core/planning/plan.ts'
import {
  absent,
  certificate,
  config,
  dueFacts,
  dueLeaf,
  facts,
  file,
  identity,
  leaf,
  NOW_MS,
  noFacts,
  observation,
} from '../builders.ts'

describe('what a plan says before it replaces files that it does not know', () => {
  const stale = facts({ files: [file('key'), file('fullchain', { content: 'stale' })] })

  test.each<[string, MaterialFacts, string]>([
    [
      'adopted',
      dueFacts(),
      "install certificate/web; replaces 2 files not known to be keyroller's, kept for 7d",
    ],
    ['the first ones', noFacts(), 'install certificate/web'],
    [
      'one of them edited',
      stale,
      "repair certificate/web: /srv/web/fullchain.pem: its fullchain is not that of the set; replaces 1 file not known to be keyroller's, kept for 7d",
    ],
    [
      'one of them lost',
      facts({ files: [file('key'), absent(file('fullchain'))] }),
      'repair certificate/web: /srv/web/fullchain.pem: expected a file, found none',
    ],
    [
      'a mode alone',
      facts({ files: [file('key', { mode: 0o644 }), file('fullchain')] }),
      'repair certificate/web: /srv/web/key.pem: expected mode 0600, found 0644',
    ],
  ])('%s', (_, seen, message) => expect(told(seen)).toBe(message))

  test('nothing of what it has installed itself, unless somebody changed it since', () => {
    const own = { fingerprint: dueLeaf().fingerprint }
    expect(told(dueFacts(), own)).toBe('install certificate/web')
    const files = [file('key', { content: 'stale' }), file('fullchain')]
    expect(told({ ...dueFacts(), files }, own)).toBe(
      "install certificate/web; replaces 1 file not known to be keyroller's, kept for 7d",
    )
  })

  test('and when nothing of it will be kept', () => {
    const message = "install certificate/web; replaces 2 files not known to be keyroller's, not kept"
    expect(told(dueFacts(), { keep: 0 })).toBe(message)
    expect(told(dueFacts(), { material: { ephemeral: true } })).toBe(message)
  })
})

interface Case {
  /** Of what keyroller has installed. */
  readonly fingerprint?: string
  readonly keep?: number
  readonly material?: Partial<Pick<Material, 'ephemeral'>>
}

function told(seen: MaterialFacts, { fingerprint, keep = 1, material = {} }: Case = {}) {
  const made = config(identity('agent'), certificate('web', material))
  const host: HostConfig = { ...made, previous: { ...made.previous, keep } }
  const issued = { ...leaf(), atMs: NOW_MS }
  const memory = fingerprint
    ? { materials: { 'certificate/web': { issued: { ...issued, fingerprint } } } }
    : {}
  const plan = makePlan(host, observation(host, { 'certificate/web': seen }, memory), NOW_MS, {
    force: false,
  })
  return plan.steps.find(({ kind }) => kind === 'install' || kind === 'repair')?.message
}
