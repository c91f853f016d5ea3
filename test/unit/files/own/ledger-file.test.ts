import { createHash } from 'node:crypto'
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { verifyChain } from '../../../../src/core/ledger/chain.ts'
import type { EntryBody } from '../../../../src/core/ledger/entry.ts'
import { NO_ENTRY } from '../../../../src/core/ledger/head.ts'
import { sealEntry } from '../../../../src/core/ledger/seal.ts'
import { type LedgerFile, openLedgerFile } from '../../../../src/files/own/ledger-file.ts'
import { readLedger } from '../../../../src/files/own/read-ledger.ts'
import { sealLedger, sha256 } from '../../core/ledger/sealed-lines.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'keyroller-ledger-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

const PATH = () => join(dir, 'ledger.jsonl')

test('begins with nothing, for its owner alone', async () => {
  const file = openLedgerFile(dir)
  expect(file).toMatchObject({ head: { seq: 0, hash: NO_ENTRY }, torn: [] })
  const { texts, head } = sealLedger(2)
  await file.append(texts)
  file.close()
  expect(readFileSync(PATH(), 'utf8')).toBe(`${texts.join('\n')}\n`)
  expect(statSync(PATH()).mode & 0o777).toBe(0o600)
  expect(headIn(dir)).toEqual(head)
})

test('goes on where it ended, also when the last line only lacks its newline', async () => {
  await add(2)
  truncateSync(PATH(), statSync(PATH()).size - 1)
  await add(1)
  expect(report()).toMatchObject({ entries: 3, isTorn: false })
  expect(report().fault).toBeUndefined()
})

describe('what a crash cut off', () => {
  test('at any length of the last line: it stays, is named, and the chain goes over it', async () => {
    await add(3)
    const whole = readFileSync(PATH())
    const start = whole.lastIndexOf(0x0a, whole.length - 2) + 1
    for (let length = start + 1; length < whole.length - 1; length += 5) {
      writeFileSync(PATH(), whole.subarray(0, length))
      const piece = whole.subarray(start, length)
      const file = openLedgerFile(dir)
      expect(file.torn).toEqual([
        { bytes: piece.length, sha256: createHash('sha256').update(piece).digest('hex') },
      ])
      file.close()
      await add(1)
      expect(report().fault).toBeUndefined()
      expect(report()).toMatchObject({ entries: 4, isTorn: false })
    }
  })

  test('zeros, as some file systems leave them, and a crash while the entry that names them was written', async () => {
    await add(2)
    appendFileSync(PATH(), Buffer.alloc(5000))
    appendFileSync(PATH(), '\n{"at":"2026')
    await add(1)
    expect(report().fault).toBeUndefined()
    expect(report()).toMatchObject({ entries: 4, isTorn: false })
  })

  test('from the first entry on', async () => {
    writeFileSync(PATH(), '{"a')
    await add(1)
    expect(report().fault).toBeUndefined()
    expect(report()).toMatchObject({ entries: 2 })
  })

  test('more lines than a crash leaves are damage', async () => {
    await add(1)
    appendFileSync(PATH(), 'x\n'.repeat(65))
    expect(() => openLedgerFile(dir)).toThrow('found 65 lines that are no entries')
  })
})

describe('a file that is full', () => {
  test('makes room for the next, which goes on with the chain', async () => {
    for (let round = 0; round < 4; round += 1) await add(4, 1000)
    expect(readdirSync(dir).sort()).toEqual([
      'ledger-000000000001.jsonl',
      'ledger-000000000005.jsonl',
      'ledger-000000000010.jsonl',
      'ledger.jsonl',
    ])
    expect(report().fault).toBeUndefined()
    const rotations = [...readLedger(dir)].filter(({ text }) => text?.includes('"rotation"'))
    expect(rotations.map(({ number }) => number)).toEqual([1, 1, 1])
  })

  test('a crash before the next has an entry: it is begun all the same', async () => {
    await add(4)
    openLedgerFile(dir, 1).close()
    expect(readFileSync(PATH(), 'utf8')).toBe('')
    const file = openLedgerFile(dir)
    expect(file).toMatchObject({ head: { seq: 4 }, rotatedFrom: 'ledger-000000000001.jsonl' })
    file.close()
    await add(1)
    expect(report().fault).toBeUndefined()
  })

  test('never takes the name of another', async () => {
    await add(2)
    writeFileSync(join(dir, 'ledger-000000000001.jsonl'), 'other')
    openLedgerFile(dir, 1).close()
    expect(readFileSync(join(dir, 'ledger-000000000001.jsonl'), 'utf8')).toBe('other')
    expect(readFileSync(PATH(), 'utf8')).not.toBe('')
  })
})

test('the end of a long ledger is found without reading all of it', async () => {
  const { texts, head } = sealLedger(2000)
  writeFileSync(PATH(), `${texts.join('\n')}\n`)
  appendFileSync(PATH(), 'x'.repeat(100_000))
  const file = openLedgerFile(dir)
  expect(file.head).toEqual(head)
  expect(file.torn).toEqual([{ bytes: 100_000, sha256: sha256('x'.repeat(100_000)) }])
  file.close()
})

describe('refused', () => {
  test.each([
    ['a directory', () => mkdirSync(PATH()), 'EISDIR'],
    ['a link', () => symlinkSync('/dev/null', PATH()), 'ELOOP'],
  ])('%s in its place', (_, plant, found) => {
    plant()
    expect(() => openLedgerFile(dir)).toThrow(expect.objectContaining({ code: 'ledger-failed' }))
    expect(() => openLedgerFile(dir)).toThrow(found)
  })
})

/** Adds entries as a run does: first what is to be said of what was found, then its own. */
async function add(count: number, maxBytes?: number): Promise<void> {
  const file = openLedgerFile(dir, maxBytes)
  const bodies: EntryBody[] = [
    ...(file.torn.length > 0 ? [{ kind: 'torn', lines: file.torn } as const] : []),
    ...(file.rotatedFrom ? [{ kind: 'rotation', file: file.rotatedFrom } as const] : []),
    ...Array.from(
      { length: count },
      (): EntryBody => ({ kind: 'gap', cause: 'cut', message: 'ü'.repeat(40) }),
    ),
  ]
  await file.append(sealBehind(file, bodies))
  file.close()
}

function sealBehind(file: LedgerFile, bodies: readonly EntryBody[]): string[] {
  let { head } = file
  const place = { at: '2026-11-25T02:00:00Z', host: 'host-a', run: 'r' }
  return bodies.map((body) => {
    const sealed = sealEntry(body, head, place, sha256)
    head = sealed.head
    return sealed.line
  })
}

function report() {
  return verifyChain(readLedger(dir), { from: 1, heads: [] })
}

function headIn(stateDir: string) {
  const file = openLedgerFile(stateDir)
  file.close()
  return file.head
}
