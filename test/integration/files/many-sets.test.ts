import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { must } from '../../rig/command.ts'

let folder = ''
afterEach(() => rm(folder, { recursive: true, force: true }))

// Node raises its soft limit to the hard one, so both are set (prlimit(1)); 400 sets at once would need over 800.
test('sets by the hundred need no more descriptors than a few sets', async () => {
  folder = await mkdtemp(join(tmpdir(), 'keyroller-many-'))
  const child = join(import.meta.dirname, 'many-sets-child.ts')
  const said = await must(['prlimit', '--nofile=256:256', process.execPath, child, folder])
  expect(said).toBe('400 switched, 0 failed')
  const names = await readdir(folder)
  expect(names.filter((name) => name.startsWith('.'))).toEqual([])
  expect(names).toHaveLength(801)
})
