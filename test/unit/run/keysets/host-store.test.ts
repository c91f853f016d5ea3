import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { emptyRecord, type KeysetRecord, recordAfter } from '../../../../src/core/keysets/record.ts'
import { hostStore } from '../../../../src/run/keysets/host-store.ts'
import { keyset } from '../../core/keyset-builders.ts'

const KEYSET = keyset('session-tickets')
const CANARY = 'Y2FuYXJ5'

let stateDir: string
let file: string
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'keyroller-keysets-'))
  file = join(stateDir, 'keysets/session-tickets.json')
})
afterEach(() => rm(stateDir, { recursive: true }))

test('what is written is read back, and only its owner reads it; nothing is there before', async () => {
  expect(await open().read()).toBeUndefined()
  expect(existsSync(join(stateDir, 'keysets'))).toBe(false)
  expect(await open().write(first(), undefined)).toBe('won')
  expect(await open().read()).toEqual({ record: first(), revision: 1 })
  expect([modeOf(file), modeOf(join(stateDir, 'keysets'))]).toEqual(['600', '700'])
})

test('a write sweeps what a killed one has left half done, and leaves nothing beside the record', async () => {
  await open().write(first(), undefined)
  writeFileSync(`${file}.new`, 'half')
  writeFileSync(`${file}.new.123`, 'half')
  await open().write({ ...first(), sweepBelow: 2 }, 1)
  await open().sweep(2)
  expect(readdirSync(join(stateDir, 'keysets'))).toEqual(['session-tickets.json'])
  expect((await open().read())?.record.sweepBelow).toBe(2)
})

test.each([
  ['no JSON', `{"keys":"${CANARY}`, 'expected the record of a keyset in '],
  ['a record without the bytes of a version', damaged(), 'found something else'],
  [
    'another keyset',
    JSON.stringify({ ...first(), document: { ...first().document, name: 'other' } }),
    'expected keyset session-tickets in ',
  ],
])('%s is refused, and quoted nowhere', async (_, text, message) => {
  await open().write(first(), undefined)
  writeFileSync(file, text)
  const error = await open()
    .read()
    .catch((thrown: Error) => thrown)
  expect(error).toMatchObject({ code: 'keyset-unfit', message: expect.stringContaining(message) })
  expect(JSON.stringify([error, (error as Error).message, (error as Error).stack])).not.toContain(CANARY)
})

test('a directory that others may write to is not written to', async () => {
  await open().write(first(), undefined)
  await chmod(join(stateDir, 'keysets'), 0o770)
  await expect(open().write(first(), 1)).rejects.toMatchObject({ code: 'state-failed' })
})

function open() {
  return hostStore(KEYSET, stateDir, process.getuid?.() ?? 0)
}

function first(): KeysetRecord {
  const step = { kind: 'make', version: 1, keyKind: 'raw' } as const
  return recordAfter(emptyRecord('session-tickets'), step, { atMs: 0, key: { secret: CANARY }, write: 1 })
}

function damaged(): string {
  return JSON.stringify({ ...first(), keys: { 2: { secret: CANARY } } })
}

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8)
}
