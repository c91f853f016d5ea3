import { mkdirSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { holdDirectory, openHolder } from '../../../src/files/held-directory.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'keyroller-held-'))
  mkdirSync(join(root, 'app/tls'), { recursive: true })
  mkdirSync(join(root, 'outside'))
})
afterEach(() => rm(root, { recursive: true }))

test('entries are reached through the descriptor', async () => {
  const held = holdDirectory(join(root, 'app/tls'))
  writeFileSync(held.at('key.pem'), 'key')
  await held.sync()
  held.close()
  expect(await readFile(join(root, 'app/tls/key.pem'), 'utf8')).toBe('key')
})

test.each(['app', 'app/tls'])('%s as a link is refused, wherever it leads', (link) => {
  const real = join(root, 'real')
  renameSync(join(root, link), real)
  symlinkSync(real, join(root, link))
  const part = link.split('/').at(-1)
  expect(() => holdDirectory(join(root, 'app/tls'))).toThrow(
    expect.objectContaining({
      code: 'files-refused',
      message: `${join(root, 'app/tls')}: expected ${part} to be a directory, found a link or file`,
    }),
  )
})

test('a file in the way is refused', () => {
  writeFileSync(join(root, 'app/tls/file'), '')
  expect(() => holdDirectory(join(root, 'app/tls/file/deeper'))).toThrow(
    expect.objectContaining({ code: 'files-refused' }),
  )
})

test('a directory that is not there fails, and the hint makes it', () => {
  const path = join(root, 'app/none/tls')
  expect(() => holdDirectory(path)).toThrow(
    expect.objectContaining({
      code: 'files-failed',
      message: `${path}: expected a directory, found no none`,
      hint: expect.stringContaining(path),
    }),
  )
})

test('a directory swapped for a link after it was held still gets what is written', () => {
  const held = holdDirectory(join(root, 'app/tls'))
  renameSync(join(root, 'app/tls'), join(root, 'app/moved'))
  symlinkSync(join(root, 'outside'), join(root, 'app/tls'))
  writeFileSync(held.at('key.pem'), 'key')
  held.close()
  expect(readdirSync(join(root, 'outside'))).toEqual([])
  expect(readdirSync(join(root, 'app/moved'))).toEqual(['key.pem'])
})

test('no descriptor stays open, not even of a walk that was refused', () => {
  const before = openDescriptors()
  const holder = openHolder()
  expect(holder.hold(join(root, 'app'))).toBe(holder.hold(join(root, 'app')))
  holder.hold(join(root, 'app/tls'))
  expect(() => holder.hold(join(root, 'app/none'))).toThrow()
  expect(openDescriptors()).toBe(before + 2)
  expect(holder.held().map(({ path }) => path)).toEqual([join(root, 'app'), join(root, 'app/tls')])
  holder.close()
  expect(openDescriptors()).toBe(before)
})

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length
}
