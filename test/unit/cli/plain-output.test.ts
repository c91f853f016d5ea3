import { execFileSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { plainOutput } from '../../../src/cli/plain-output.ts'

const folder = mkdtempSync(join(tmpdir(), 'keyroller-output-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('everything is written, nothing is wrong', () => {
  const path = join(folder, 'out')
  const fd = openSync(path, 'w')
  const output = plainOutput(fd)
  output.write('a\n')
  output.offer?.('b\n')
  closeSync(fd)
  expect(readFileSync(path, 'utf8')).toBe('a\nb\n')
  expect(output.fault?.()).toBeUndefined()
})

test('a full disk is remembered', () => {
  const fd = openSync('/dev/full', 'w')
  const output = plainOutput(fd)
  output.write('lost')
  closeSync(fd)
  expect(output.fault?.()).toBe('ENOSPC')
})

// A run holds the host lock: `keyroller renew | less` left open must not keep every later run away.
test('what is offered to a reader that does not read is given up, and then costs nothing more', () => {
  const path = join(folder, 'pipe')
  execFileSync('mkfifo', [path])
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
  const output = plainOutput(fd)
  const startedAt = performance.now()
  output.offer?.('x'.repeat(1 << 20))
  const firstMs = performance.now() - startedAt
  output.offer?.('more')
  expect(firstMs).toBeGreaterThan(1900)
  expect(performance.now() - startedAt - firstMs).toBeLessThan(500)
  closeSync(fd)
  closeSync(reader)
})
