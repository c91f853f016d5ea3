import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { enterJournal } from '../../../src/files/switching/journal.ts'
import { readEntries } from '../../../src/run/ledger/read-entries.ts'
import { takeLock } from '../../../src/run/lock.ts'
import { openMemory } from '../../../src/run/recording/memory-store.ts'
import { recoverHost } from '../../../src/run/recover-host.ts'
import { interruptSwitch } from '../files/interrupted-switch.ts'
import { type SmallHost, smallHost } from './small-host.ts'

const LEFTOVER = '.keyroller-0123456789abcdef.staged'

let root: string
let small: SmallHost
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'keyroller-recover-host-'))
  small = smallHost(root)
})
afterEach(() => rm(root, { recursive: true }))

test('on a host that never ran it makes its directories and finds nothing', async () => {
  expect(await recoverHost(small.config, small.host)).toEqual({ recovery: { sets: [] }, swept: [] })
  expect(statSync(small.config.stateDir).mode & 0o777).toBe(0o700)
  expect(statSync(small.config.runtimeDir).mode & 0o777).toBe(0o755)
})

test('it finishes the switch, then sweeps what else a killed run left', async () => {
  mkdirSync(small.config.stateDir, { mode: 0o700 })
  const { sets } = interruptSwitch(join(root, 'app'), { renamed: ['key.pem'] })
  await enterJournal(small.config.stateDir, sets, [])
  writeFileSync(join(root, 'agent', LEFTOVER), 'key')
  const { recovery, swept } = await recoverHost(small.config, small.host)
  expect(recovery.sets).toMatchObject([{ material: 'certificate/app', outcome: 'finished' }])
  expect(swept).toEqual([join(root, 'agent', LEFTOVER)])
  expect(readFileSync(join(root, 'app/cert.pem'), 'utf8')).toBe('new cert')
  expect(await recoverHost(small.config, small.host)).toEqual({ recovery: { sets: [] }, swept: [] })
})

test('what it finished is in the ledger, and remembered with it', async () => {
  mkdirSync(small.config.stateDir, { mode: 0o700 })
  const { sets } = interruptSwitch(join(root, 'app'), { renamed: ['key.pem'] })
  await enterJournal(small.config.stateDir, sets, [])
  await recoverHost(small.config, small.host)
  const entries = [...readEntries(small.config)]
  expect(entries).toMatchObject([
    { kind: 'run', verb: 'recover' },
    { kind: 'recovered', materials: ['certificate/app'], result: 'finished' },
  ])
  expect(openMemory(small.config.stateDir).current().ledger?.head?.seq).toBe(2)
})

// Files that are half old, half new are worse than a ledger that lacks a line.
test('it recovers also where that cannot be written down, and says so', async () => {
  mkdirSync(small.config.stateDir, { mode: 0o700 })
  mkdirSync(join(small.config.stateDir, 'ledger.jsonl'))
  const { sets } = interruptSwitch(join(root, 'app'), { renamed: ['key.pem'] })
  await enterJournal(small.config.stateDir, sets, [])
  const { recovery, unrecorded } = await recoverHost(small.config, small.host)
  expect(recovery.sets).toMatchObject([{ outcome: 'finished' }])
  expect(unrecorded).toContain('EISDIR')
  expect(openMemory(small.config.stateDir).current().ledger).toMatchObject({ gap: { entries: 1 } })
})

test('while a run holds the lock it touches nothing: that run has recovered already', async () => {
  mkdirSync(small.config.runtimeDir)
  const unlock = await takeLock(small.config.runtimeDir)
  writeFileSync(join(root, 'app', LEFTOVER), 'being staged')
  await expect(recoverHost(small.config, small.host)).rejects.toMatchObject({ code: 'run-locked' })
  expect(readdirSync(join(root, 'app'))).toEqual([LEFTOVER])
  unlock()
})

test('a state directory that others may write to is not believed, and the lock is free afterwards', async () => {
  mkdirSync(small.config.stateDir)
  chmodSync(small.config.stateDir, 0o777)
  await expect(recoverHost(small.config, small.host)).rejects.toMatchObject({ code: 'state-failed' })
  chmodSync(small.config.stateDir, 0o700)
  await recoverHost(small.config, small.host)
})

test('a fault on the way gives the lock back', async () => {
  mkdirSync(small.config.stateDir)
  mkdirSync(join(small.config.stateDir, 'journal.json'))
  await expect(recoverHost(small.config, small.host)).rejects.toMatchObject({ code: 'state-failed' })
  const unlock = await takeLock(small.config.runtimeDir)
  unlock()
})
