import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { must } from '../../rig/command.ts'

let folder = ''
afterEach(() => rm(folder, { recursive: true, force: true }))

// Node raises its soft limit to the hard one, so both are set (prlimit(1)); 400 sets at once would need over 800.
test.each([
  ['files', 2],
  ['generation', 4],
])('layout %s: sets by the hundred need no more descriptors than a few sets', async (layout, names) => {
  folder = await mkdtemp(join(tmpdir(), 'keyroller-many-'))
  const child = join(import.meta.dirname, 'many-sets-child.ts')
  const said = await must(['prlimit', '--nofile=256:256', process.execPath, child, folder, layout])
  expect(said).toBe('400 switched, 0 failed')
  // Two names a set; with a generation its middle link and its directory, too; and the state directory.
  expect(await readdir(folder)).toHaveLength(400 * names + 1)
})
