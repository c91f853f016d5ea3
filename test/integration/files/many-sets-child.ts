// node many-sets-child.ts FOLDER LAYOUT: switches 400 sets of two files in one go, and prints how many are in place.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Layout } from '../../../src/core/material.ts'
import { switchSets } from '../../../src/files/switching/switch-sets.ts'

const [, , folder = '', written = ''] = process.argv
const layout: Layout = written === 'generation' ? written : 'files'
const stateDir = join(folder, 'state')
mkdirSync(stateDir, { mode: 0o700 })
const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0]
const sets = Array.from({ length: 400 }, (_, index) => ({
  material: `certificate/leaf${index}` as const,
  layout,
  images: ['key', 'pem'].map((ending) => {
    const content = Buffer.from(`${ending} of ${index}`)
    return { path: join(folder, `leaf${index}.${ending}`), content, mode: 0o600, uid, gid }
  }),
}))
const { switched, failed, settle } = await switchSets({ stateDir, sets, owedFor: () => [] })
await settle()
process.stdout.write(`${switched.length} switched, ${failed.size} failed`)
