import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { LAYOUTS, type Layout } from '../../../src/core/material.ts'
import { switchSets } from '../../../src/files/switching/switch-sets.ts'

/** Two looks a key can have; whoever sees anything between them has seen too much. */
const LOOKS = [
  { mark: 'one', bytes: 3000, uid: 1111, gid: 1112, mode: 0o600 },
  { mark: 'two', bytes: 5000, uid: 2221, gid: 2222, mode: 0o640 },
] as const

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'keyroller-visible-'))
  for (const name of ['state', 'app']) mkdirSync(join(root, name))
  chmodSync(root, 0o755)
})
afterEach(() => rm(root, { recursive: true }))

const STAGED = {
  files: ['0:0 600', '1111:1112 600', '2221:2222 600', '2221:2222 640'],
  // The directory itself: what is in it nobody sees before all of it is complete.
  generation: ['0:0 1700', '0:0 1755'],
} as const

test.each(LAYOUTS)(
  'layout %s: whoever sees the key sees all of it, with the mode and owner it shall have',
  async (layout) => {
    const watcher = await watch(join(root, 'app'))
    for (let round = 0; round < 120; round += 1) await switchKey(LOOKS[round % 2 === 0 ? 0 : 1], layout)
    const seen = Object.keys(await watcher.end())
    const keys = seen.filter((sight) => /^(?:one|two)/.test(sight))
    expect(keys.sort()).toEqual(['one3000 1111:1112 600', 'two5000 2221:2222 640'])
    const staged = seen.filter((sight) => sight.startsWith('staged'))
    const allowed = STAGED[layout].map((one) => `staged ${one}`)
    expect(staged.filter((sight) => !allowed.includes(sight))).toEqual([])
    expect(staged.length).toBeGreaterThan(0)
  },
)

async function watch(directory: string): Promise<{ end: () => Promise<Record<string, number>> }> {
  const script = new URL('watch-child.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [script, directory], { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  return {
    end: async () => {
      child.stdin.end()
      return JSON.parse(await text(child.stdout))
    },
  }
}

async function switchKey(
  { mark, bytes, ...attributes }: (typeof LOOKS)[number],
  layout: Layout,
): Promise<void> {
  const image = { path: join(root, 'app/key.pem'), content: Buffer.alloc(bytes, mark), ...attributes }
  const { switched, settle } = await switchSets({
    stateDir: join(root, 'state'),
    sets: [{ material: 'certificate/app', layout, images: [image] }],
    owedFor: () => [],
  })
  expect(switched).toEqual(['certificate/app'])
  await settle()
}
