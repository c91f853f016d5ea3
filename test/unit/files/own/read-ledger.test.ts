/** Lines are read piece by piece: where a piece ends must not show. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readLedger, readLedgerFiles, splitLines } from '../../../../src/files/own/read-ledger.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'keyroller-read-ledger-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

const PATH = () => join(dir, 'ledger.jsonl')
const PIECE_BYTES = 64 * 1024

test('lines of any length, text or not, ended or not, are those of the whole file', () => {
  const around = fc.integer({ min: PIECE_BYTES - 3, max: PIECE_BYTES + 3 })
  const length = fc.oneof(fc.nat(3), around, fc.nat(3 * PIECE_BYTES))
  const line = fc.tuple(length, fc.constantFrom(0x61, 0xc3)).map(([size, byte]) => Buffer.alloc(size, byte))
  fc.assert(
    fc.property(fc.array(line, { maxLength: 5 }), fc.boolean(), (lines, isEnded) => {
      const whole = Buffer.concat(lines.flatMap((one) => [one, Buffer.from('\n')]))
      writeFileSync(PATH(), isEnded ? whole : whole.subarray(0, -1))
      expect([...readLedger(dir)]).toEqual(splitLines(readFileSync(PATH()), 'ledger.jsonl'))
    }),
    { numRuns: 50 },
  )
})

test('every time from the first line on, and a file that is named twice comes twice', () => {
  writeFileSync(PATH(), 'a\nb')
  const lines = readLedgerFiles([PATH(), PATH()])
  for (let round = 0; round < 2; round += 1)
    expect([...lines].map(({ text, number }) => `${number}${text}`)).toEqual(['1a', '2b', '1a', '2b'])
})

test('a file that makes room for the next meanwhile is read to its end, and no other under its name', () => {
  writeFileSync(join(dir, 'ledger-000000000001.jsonl'), 'a\n')
  writeFileSync(PATH(), 'b\n')
  const lines = readLedger(dir)[Symbol.iterator]()
  expect(lines.next().value).toMatchObject({ text: 'a' })
  renameSync(PATH(), join(dir, 'ledger-000000000002.jsonl'))
  writeFileSync(PATH(), 'c\n')
  expect([lines.next().value?.text, lines.next().done]).toEqual(['b', true])
})

test('what comes out of a pipe is there a second time', () => {
  const fifo = join(dir, 'fifo')
  expect(spawnSync('mkfifo', [fifo]).status).toBe(0)
  spawnSync('sh', ['-c', 'printf "a\\nb" > "$1" &', 'sh', fifo], { stdio: 'ignore' })
  const lines = readLedgerFiles([fifo])
  for (let round = 0; round < 2; round += 1) expect([...lines].map(({ text }) => text)).toEqual(['a', 'b'])
})

test('a file that is none is named', () => {
  expect(() => [...readLedgerFiles([join(dir, 'none')])]).toThrow(
    expect.objectContaining({ code: 'ledger-failed', message: expect.stringContaining('none') }),
  )
})
