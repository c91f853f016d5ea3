import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { KeyrollerError } from '../../../src/core/errors.ts'
import { LAYOUTS, type Layout } from '../../../src/core/material.ts'
import { preflight } from '../../../src/files/preflight.ts'
import { setAttributes } from '../../../src/files/set-attributes.ts'
import { readJournal } from '../../../src/files/switching/journal.ts'
import { recoverSwitch } from '../../../src/files/switching/recover-switch.ts'
import { switchSets } from '../../../src/files/switching/switch-sets.ts'
import { describeTree, makeOutside } from './outside.ts'
import { tally } from './tally.ts'

const APP = 4242
const ROUNDS = 200

let root: string
let home: string
let outside: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'keyroller-owner-'))
  chmodSync(root, 0o755)
  home = join(root, 'home/tls')
  outside = join(root, 'outside')
  mkdirSync(home, { recursive: true })
  mkdirSync(join(root, 'state'))
  for (const path of [dirname(home), home]) chownSync(path, APP, APP)
  makeOutside(outside)
})
afterEach(() => rm(root, { recursive: true }))

test.each(LAYOUTS)(
  'layout %s: an owner who swaps everything in a loop changes nothing outside',
  async (layout) => {
    const before = describeTree(outside)
    const owner = await startOwner()
    const codes = new Map<string, number>()
    for (let round = 0; round < ROUNDS; round += 1)
      for (const code of await rollOnce(round, layout)) codes.set(code, (codes.get(code) ?? 0) + 1)
    await owner.stop()
    const violations = [
      ...describeTree(outside).filter((line) => !before.includes(line)),
      ...before.filter((line) => !describeTree(outside).includes(line)),
      ...[...codes.keys()].filter((code) => !['done', 'files-refused', 'files-failed'].includes(code)),
    ]
    const label = [...codes].map(([code, times]) => `${times} ${code}`).join(', ')
    tally({
      proof: 'round',
      of: `against a hostile owner, layout ${layout}`,
      count: ROUNDS,
      label,
      violations,
    })
    expect(violations).toEqual([])
    expect(codes.get('files-refused')).toBeGreaterThan(0)
    expect(codes.get('done')).toBeGreaterThan(0)
  },
)

/** Everything a run does to a path, and what came of each. */
async function rollOnce(round: number, layout: Layout): Promise<string[]> {
  const set = { material: 'certificate/app', layout } as const
  const frame = { path: join(home, 'key.pem'), mode: 0o600, uid: APP, gid: APP }
  const image = { ...frame, content: Buffer.from(`key ${round}\n`.repeat(100)) }
  return [
    codeOf((await preflight([{ ...frame, ...set }], () => false)).get(frame.path)),
    await outcomeOf(async () => {
      const stateDir = join(root, 'state')
      const sets = [{ ...set, images: [image] }]
      const { failed, settle } = await switchSets({ stateDir, sets, owedFor: () => [] })
      // As if the run had been killed before it could settle.
      const journal = readJournal(stateDir)
      if (journal !== undefined && journal !== 'unreadable') await recoverSwitch(journal)
      await settle()
      return failed.get('certificate/app')
    }),
    await outcomeOf(() => setAttributes(frame)),
  ]
}

async function outcomeOf(act: () => Promise<unknown>): Promise<string> {
  try {
    const fault = await act()
    return codeOf(fault instanceof KeyrollerError ? fault : undefined)
  } catch (error) {
    return error instanceof KeyrollerError ? codeOf(error) : String(error)
  }
}

function codeOf(fault: KeyrollerError | undefined): string {
  return fault?.code ?? 'done'
}

async function startOwner(): Promise<{ stop: () => Promise<void> }> {
  const script = new URL('hostile-owner.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [script, home, outside], { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  return {
    stop: async () => {
      const ended = once(child, 'exit')
      child.stdin.end()
      const [code] = await ended
      expect(code).toBe(0)
    },
  }
}
