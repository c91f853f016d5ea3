import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { OwedReload } from '../../../src/core/memory.ts'
import { enterJournal, type FilesSet, readJournal } from '../../../src/files/switching/journal.ts'
import { openMemory } from '../../../src/run/recording/memory-store.ts'
import { recover, sweep } from '../../../src/run/recover.ts'
import { interruptSwitch } from '../files/interrupted-switch.ts'
import { CONSUMER, type SmallHost, smallHost } from './small-host.ts'

const ISSUED = { serial: '1a', fingerprint: 'f1', notAfterMs: 2000, atMs: 1000 }
const OWED: OwedReload = { target: CONSUMER.text, materials: ['certificate/app'], sinceMs: 1000, attempts: 0 }

let root: string
let small: SmallHost
let stateDir: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'keyroller-recover-'))
  small = smallHost(root)
  stateDir = small.config.stateDir
  for (const path of [stateDir, small.config.runtimeDir]) mkdirSync(path)
})
afterEach(() => rm(root, { recursive: true }))

test('without a journal there is nothing to do, and nothing is written', async () => {
  expect(await recoverNow()).toEqual({ sets: [] })
  expect(readdirSync(stateDir)).toEqual([])
})

test('a finished set is remembered as issued and its consumer as owed; then the journal is gone', async () => {
  await interrupt({ renamed: ['key.pem'] })
  expect((await recoverNow()).sets).toMatchObject([{ material: 'certificate/app', outcome: 'finished' }])
  expect(memoryOnDisk()).toMatchObject({ materials: { 'certificate/app': { issued: ISSUED } }, owed: [OWED] })
  expect(readdirSync(stateDir)).toEqual(['state.json'])
})

test('an undone set is not remembered as issued, but its consumer is owed: it can have met a new file', async () => {
  const set = await interrupt({ renamed: ['key.pem'] })
  rmSync(join(root, 'app', set.files[1]?.staged ?? ''))
  expect((await recoverNow()).sets).toMatchObject([{ outcome: 'undone' }])
  expect(memoryOnDisk()).toMatchObject({ materials: {}, owed: [OWED] })
  expect(readJournal(stateDir)).toBeUndefined()
})

test('killed between remembering and settling: the next recovery comes to the same', async () => {
  await interrupt({ renamed: [] })
  const journal = readFileSync(join(stateDir, 'journal.json'))
  await recoverNow()
  const remembered = memoryOnDisk()
  writeFileSync(join(stateDir, 'journal.json'), journal)
  expect((await recoverNow()).sets).toMatchObject([{ outcome: 'finished' }])
  expect(memoryOnDisk()).toEqual(remembered)
  expect(readJournal(stateDir)).toBeUndefined()
})

test('what was owed before stays owed', async () => {
  const earlier = { ...OWED, sinceMs: 1, attempts: 3, materials: ['identity/app' as const] }
  await openMemory(stateDir).update((memory) => ({ ...memory, owed: [earlier] }))
  await interrupt({ renamed: [] })
  await recoverNow()
  expect(memoryOnDisk().owed).toEqual([{ ...earlier, materials: ['identity/app', 'certificate/app'] }])
})

test('a memory that cannot be saved keeps the journal, so that nothing is forgotten', async () => {
  await interrupt({ renamed: ['key.pem'] })
  mkdirSync(join(stateDir, 'state.json.new'))
  await expect(recoverNow()).rejects.toMatchObject({ code: 'state-failed' })
  expect(readJournal(stateDir)).toMatchObject({ owed: [OWED] })
  rmdirSync(join(stateDir, 'state.json.new'))
  expect((await recoverNow()).sets).toMatchObject([{ outcome: 'finished' }])
  expect(memoryOnDisk().owed).toEqual([OWED])
})

test('a set that is unclear stays in the journal with what it owes; its leftovers are not swept', async () => {
  await interrupt({ renamed: ['key.pem'], certs: makeCerts() })
  renameSync(join(root, 'certs'), join(root, 'unmounted'))
  const before = readdirSync(join(root, 'app'))
  expect((await recoverNow()).sets).toMatchObject([{ outcome: 'unclear' }])
  expect(sweep(small.config)).toEqual([])
  expect(readdirSync(join(root, 'app'))).toEqual(before)
  expect(existsSync(join(stateDir, 'state.json'))).toBe(false)
  renameSync(join(root, 'unmounted'), join(root, 'certs'))
  expect((await recoverNow()).sets).toMatchObject([{ outcome: 'finished' }])
  expect(memoryOnDisk().owed).toEqual([OWED])
  expect(readdirSync(join(root, 'app'))).toEqual(['key.pem'])
})

test('beside a set that is unclear, another is settled', async () => {
  await interrupt({ renamed: ['key.pem'], certs: makeCerts() })
  const files = interruptSwitch(join(root, 'agent'), { renamed: [] }).sets.flatMap((set) => set.files)
  await enterJournal(stateDir, [{ material: 'identity/app', layout: 'files', files }], [])
  rmSync(join(root, 'certs'), { recursive: true })
  expect((await recoverNow()).sets.map(({ outcome }) => outcome)).toEqual(['unclear', 'finished'])
  expect(readJournal(stateDir)).toMatchObject({ sets: [{ material: 'certificate/app' }], owed: [OWED] })
})

test('with a journal that cannot be read nothing is touched: any leftover can be the only copy of a key', async () => {
  await interrupt({ renamed: ['key.pem'] })
  writeFileSync(join(stateDir, 'journal.json'), '{"schema":1,"sets":[')
  const before = readdirSync(join(root, 'app'))
  expect((await recoverNow()).damaged).toMatch(/^expected a journal of this version, found something else/)
  expect(sweep(small.config)).toEqual([])
  expect(readdirSync(join(root, 'app'))).toEqual(before)
  expect(readJournal(stateDir)).toBe('unreadable')
})

test('leftovers are swept in every directory of the configuration; one that is missing keeps no other', () => {
  const leftover = '.keyroller-0123456789abcdef.staged'
  rmSync(join(root, 'agent'), { recursive: true })
  writeFileSync(join(root, 'app', leftover), 'key')
  expect(sweep(small.config)).toEqual([join(root, 'app', leftover)])
})

test('what a killed run left half written of its own is swept', async () => {
  writeFileSync(join(stateDir, 'journal.json.new.12345'), '{')
  writeFileSync(join(small.config.runtimeDir, 'status.json.new'), '{')
  await recoverNow()
  expect([...readdirSync(stateDir), ...readdirSync(small.config.runtimeDir)]).toEqual([])
})

function recoverNow() {
  return recover(small.config, openMemory(stateDir), small.host.uid)
}

async function interrupt(interruption: Parameters<typeof interruptSwitch>[1]): Promise<FilesSet> {
  const [set] = interruptSwitch(join(root, 'app'), interruption).sets
  if (!set) throw new Error('no set')
  await enterJournal(stateDir, [{ ...set, issued: ISSUED }], [OWED])
  return set
}

function makeCerts(): string {
  mkdirSync(join(root, 'certs'))
  return join(root, 'certs')
}

function memoryOnDisk() {
  return openMemory(stateDir).current()
}
