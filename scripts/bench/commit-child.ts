// node commit-child.ts FOLDER SETS FILES ROUNDS [LAYOUT]: switches so many sets of so many files in one go, once to begin with and
// then so often, and prints what each of these took, in milliseconds, as a JSON list.
import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { FileSet } from '../../src/files/switching/layout-work.ts'
import { switchSets } from '../../src/files/switching/switch-sets.ts'

/** About what a key and a chain of two take; random, so that no round finds the bytes of the last. */
const BYTES = 2048

const [, , folder = '', sets = '', files = '', rounds = '', written = ''] = process.argv
const layout = written === 'generation' ? written : 'files'
const stateDir = join(folder, 'state')
mkdirSync(stateDir, { mode: 0o700 })
const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0]
const tookMs: number[] = []
for (let round = 0; round <= Number(rounds); round += 1) {
  const fresh = Array.from({ length: Number(sets) }, (_, index) => setOf(index))
  const startedMs = performance.now()
  const { failed, settle } = await switchSets({ stateDir, sets: fresh, owedFor: () => [] })
  await settle()
  if (round > 0) tookMs.push(performance.now() - startedMs)
  for (const fault of failed.values()) throw fault
}
process.stdout.write(JSON.stringify(tookMs))

function setOf(index: number): FileSet {
  const images = Array.from({ length: Number(files) }, (_, number) => {
    const path = join(folder, `leaf${index}.${number}.pem`)
    return { path, content: randomBytes(BYTES), mode: 0o600, uid, gid }
  })
  return { material: `certificate/leaf${index}`, layout, images }
}
