import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { saveOwnFile } from '../../../../src/files/own/own-file.ts'
import { type Mounted, mountTmpfs } from '../mounts.ts'

const PAGE = 4096

let disk: Mounted
beforeEach(async () => {
  disk = await mountTmpfs(`size=${16 * PAGE}`)
})
afterEach(() => disk.remove())

// write-file-atomic 8 takes a short write for a whole one and puts the torso in place of the good file.
test.each([0, 1, 2])(
  'with %i pages free, what is saved already outlives a save that does not fit',
  async (pages) => {
    const path = join(disk.path, 'state.json')
    await saveOwnFile({ path, text: 'good', mode: 0o600, durable: true })
    fillUpTo(pages)
    await expect(
      saveOwnFile({ path, text: 'x'.repeat(4 * PAGE), mode: 0o600, durable: true }),
    ).rejects.toMatchObject({
      code: 'state-failed',
      message: expect.stringContaining(path),
    })
    expect(readFileSync(path, 'utf8').slice(0, 9)).toBe('good')
    expect(readdirSync(disk.path).sort()).toEqual(['filling', 'state.json'])
  },
)

test('on a read-only file system it fails, and says so', async () => {
  await disk.remount('ro')
  const path = join(disk.path, 'state.json')
  await expect(saveOwnFile({ path, text: 'x', mode: 0o600, durable: true })).rejects.toMatchObject({
    code: 'state-failed',
    message: expect.stringContaining('EROFS'),
  })
})

function fillUpTo(freePages: number): void {
  const used = 1
  writeFileSync(join(disk.path, 'filling'), Buffer.alloc((16 - used - freePages) * PAGE))
}
