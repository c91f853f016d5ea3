/** Whatever is done to the lines of a ledger is found, and the first bad entry is named. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { verifyChain } from '../../../../src/core/ledger/chain.ts'
import type { ChainFault } from '../../../../src/core/ledger/chain-fault.ts'
import type { EntryBody } from '../../../../src/core/ledger/entry.ts'
import { asLines, sealBodies, sealLedger, sha256 } from './sealed-lines.ts'

const RUNS = 5
const { texts, head } = sealLedger(RUNS)
const COUNT = texts.length
const DEMAND = { from: 1, heads: [head], host: 'host-a' }
const anyLine = fc.nat(COUNT - 1)

function faultOf(changed: readonly (string | Buffer)[], demand = DEMAND): ChainFault | undefined {
  return verifyChain(asLines(changed), demand).fault
}

test('what was written is sound, and says how far it goes', () => {
  const report = verifyChain(asLines(texts), DEMAND)
  expect(report).toEqual({
    entries: COUNT,
    head: { ...head, at: '2026-11-25T02:00:00Z' },
    checkpoints: RUNS,
    signed: { seq: COUNT, identity: 'identity/app' },
    gaps: [],
    isTorn: false,
  })
})

test('an empty ledger is sound, unless entries are known of', () => {
  expect(verifyChain([], { from: 1, heads: [] })).toEqual({
    entries: 0,
    checkpoints: 0,
    gaps: [],
    isTorn: false,
  })
  expect(verifyChain([], DEMAND).fault).toMatchObject({ kind: 'cut', seq: 1 })
})

describe('found, with the first bad entry', () => {
  test('every byte of every line, changed to any other', () => {
    fc.assert(
      fc.property(anyLine, fc.nat(), fc.integer({ min: 1, max: 255 }), (line, place, change) => {
        const bytes = Buffer.from(texts[line] ?? '')
        const at = place % bytes.length
        bytes[at] = (bytes[at] ?? 0) ^ change
        const changed = texts.flatMap((text, index): (string | Buffer)[] =>
          index === line ? splitLines(bytes) : [text],
        )
        expect(faultOf(changed)?.seq).toBe(line + 1)
      }),
      { numRuns: 2000 },
    )
  })

  test('every line dropped', () => {
    for (const line of texts.keys()) {
      const fault = faultOf(texts.filter((_, index) => index !== line))
      expect(fault).toMatchObject({ kind: line === COUNT - 1 ? 'cut' : 'dropped', seq: line + 1 })
    }
  })

  test('any two lines swapped', () => {
    fc.assert(
      fc.property(anyLine, anyLine, (a, b) => {
        fc.pre(a < b)
        const changed = texts.map(
          (text, index) => (index === a ? texts[b] : index === b ? texts[a] : text) ?? '',
        )
        expect(faultOf(changed)).toMatchObject({ kind: 'reordered', seq: a + 1 })
      }),
    )
  })

  test('any line twice, wherever the other stands', () => {
    fc.assert(
      fc.property(anyLine, fc.nat(COUNT), (line, place) => {
        const changed = texts.toSpliced(place, 0, texts[line] ?? '')
        expect(faultOf(changed)).toMatchObject({ kind: 'duplicated', seq: line + 1 })
      }),
    )
  })

  test('any tail cut off, against a head that is known', () => {
    for (const length of texts.keys())
      expect(faultOf(texts.slice(0, length))).toMatchObject({ kind: 'cut', seq: length + 1 })
  })

  test('any stretch taken from the ledger of another host', () => {
    const other = sealLedger(RUNS, 'host-b').texts
    fc.assert(
      fc.property(anyLine, fc.integer({ min: 1, max: COUNT }), (from, length) => {
        const changed = [
          ...texts.slice(0, from),
          ...other.slice(from, from + length),
          ...texts.slice(from + length),
        ]
        expect(faultOf(changed)).toMatchObject({ kind: 'foreign', seq: from + 1 })
      }),
    )
  })

  test('all of it written anew from any entry on', () => {
    fc.assert(
      fc.property(anyLine, (from) => {
        const bodies = texts.map((text) => bodyOf(text))
        const changed = bodies.map((body, index) => (index === from ? changedBody(body) : body))
        const rewritten = sealBodies(changed).texts
        // Nothing inside it tells; a head from outside does.
        expect(faultOf(rewritten, { ...DEMAND, heads: [] })).toBeUndefined()
        expect(faultOf(rewritten)).toMatchObject({ kind: 'edited', seq: COUNT })
      }),
    )
  })

  test('an entry spelled otherwise', () => {
    const spelled = JSON.stringify(JSON.parse(texts[3] ?? ''), null, 1).replaceAll('\n', ' ')
    expect(faultOf(texts.with(3, spelled))).toMatchObject({ kind: 'edited', seq: 4, line: 4 })
  })

  test('a last line that nothing vouches for leaves the one before in doubt', () => {
    const changed = texts.with(COUNT - 2, (texts[COUNT - 2] ?? '').replace('done', 'gone'))
    expect(faultOf(changed, { ...DEMAND, heads: [] })).toMatchObject({ kind: 'edited', seq: COUNT - 1 })
  })

  test('what is claimed of a ledger that is not sound ends before the fault', () => {
    const report = verifyChain(asLines(texts.with(9, '{}')), DEMAND)
    expect(report).toMatchObject({
      entries: 9,
      head: { seq: 9 },
      fault: { seq: 10, file: 'ledger.jsonl', line: 10 },
    })
  })
})

describe('a line that a crash cut off', () => {
  const torn = '{"at":"2026-11-2'
  const bodies: EntryBody[] = [
    { kind: 'run', verb: 'renew', asked: { by: 'timer', uid: 0 }, version: '0.1.0' },
    { kind: 'torn', lines: [{ bytes: torn.length, sha256: sha256(torn) }] },
    { kind: 'rotation', file: 'ledger-000000000001.jsonl' },
  ]
  const sealed = sealBodies(bodies)
  const mended = [sealed.texts[0] ?? '', torn, ...sealed.texts.slice(1)]
  const demand = { ...DEMAND, heads: [sealed.head] }

  test('at the end it is no fault, unless entries are known of that it took along', () => {
    const lines = asLines([...texts.slice(0, 8), torn])
    const cut = lines.with(8, { ...(lines[8] ?? lines[0]), isEnded: false } as (typeof lines)[0])
    expect(verifyChain(cut, { ...DEMAND, heads: [] })).toMatchObject({ entries: 8, isTorn: true })
    expect(verifyChain(cut, { ...DEMAND, heads: [] }).fault).toBeUndefined()
    expect(verifyChain(cut, DEMAND).fault).toMatchObject({ kind: 'cut', seq: 9 })
  })

  test('an entry that lacks its newline alone is one', () => {
    const lines = asLines(texts.slice(0, 2))
    const cut = lines.map((line, index) => ({ ...line, isEnded: index === 0 }))
    expect(verifyChain(cut, { ...DEMAND, heads: [] })).toMatchObject({ entries: 2, isTorn: false })
  })

  test('once an entry names it, the chain goes over it', () => {
    expect(verifyChain(asLines(mended), demand)).toMatchObject({ entries: 3, isTorn: false })
    expect(faultOf(mended, demand)).toBeUndefined()
  })

  test('it cannot be changed, dropped or put in afterwards', () => {
    expect(faultOf(mended.with(1, `${torn} `), demand)).toMatchObject({ kind: 'edited', seq: 2 })
    expect(faultOf(mended.toSpliced(1, 1), demand)).toMatchObject({ kind: 'dropped', seq: 2 })
    expect(faultOf(mended.toSpliced(2, 1), demand)).toMatchObject({ kind: 'edited', seq: 2 })
    expect(faultOf(mended.toSpliced(3, 0, torn), demand)).toMatchObject({ kind: 'edited', seq: 3 })
  })
})

describe('archived files', () => {
  const rest = texts.slice(8)
  test('what is missing in front is a fault', () =>
    expect(faultOf(rest)).toMatchObject({ kind: 'dropped', seq: 1 }))
  test('unless it is said where the rest begins', () => {
    expect(faultOf(rest, { ...DEMAND, from: 9 })).toBeUndefined()
    expect(faultOf(rest, { ...DEMAND, from: 8 })).toMatchObject({ kind: 'dropped', seq: 8 })
  })
})

describe('signatures', () => {
  test('a checkpoint that is not signed as it should be is the first bad entry', () => {
    const checkpointFault = ({ seq }: { seq: number }) => (seq === 8 ? 'expected another key' : undefined)
    const { fault } = verifyChain(asLines(texts), { ...DEMAND, checkpointFault })
    expect(fault).toMatchObject({ kind: 'forged', seq: 8, message: 'expected another key' })
  })

  test('one that is vouches for the entry that it names: an edit was made to the one before', () => {
    const changed = texts.slice(0, 4).with(2, (texts[2] ?? '').replace('done', 'gone'))
    const { fault } = verifyChain(asLines(changed), {
      ...DEMAND,
      heads: [],
      checkpointFault: () => undefined,
    })
    expect(fault).toMatchObject({ kind: 'edited', seq: 3 })
  })
})

// CPU and not the clock: what else the machine does must not decide. Reading and hashing the file takes as much again.
test('100,000 entries take less than two seconds', () => {
  const long = sealLedger(25_000)
  const lines = asLines(long.texts)
  const before = process.cpuUsage()
  expect(verifyChain(lines, { from: 1, heads: [long.head] })).toMatchObject({
    entries: 100_000,
    head: long.head,
  })
  expect(process.cpuUsage(before).user / 1e6).toBeLessThan(2)
})

test('entries of kinds that a later version writes are entries', () => {
  const later = sealBodies([{ kind: 'card' } as unknown as EntryBody])
  expect(verifyChain(asLines(later.texts), { from: 1, heads: [later.head] })).toMatchObject({ entries: 1 })
})

function splitLines(bytes: Buffer): Buffer[] {
  const newline = bytes.indexOf('\n')
  return newline < 0 ? [bytes] : [bytes.subarray(0, newline), bytes.subarray(newline + 1)]
}

function bodyOf(text: string): EntryBody {
  const { seq: _seq, prev: _prev, at: _at, host: _host, run: _run, ...body } = JSON.parse(text)
  return body
}

function changedBody(body: EntryBody): EntryBody {
  return body.kind === 'run' ? { ...body, version: '6.6.6' } : ({ ...body, message: 'as if' } as EntryBody)
}
