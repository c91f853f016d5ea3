import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { takeLock } from '../../../../src/run/lock.ts'
import { owingHost } from './owing-host.ts'

test('a program hears once that a consumer is owed, and once that it is not any more', async () => {
  const { renew, mend, heard, folder } = await owingHost()
  const first = await renew(0)
  for (const minutes of [1, 30]) await renew(minutes)
  expect(heard().map(({ events }) => events)).toEqual([
    [
      {
        event: 'owed',
        material: 'certificate/web',
        severity: 'warning',
        reason: 'owed',
        message: `not loaded: owed: exec:${folder}/consumer since 2026-06-01T11:00:00Z`,
      },
    ],
  ])
  mend()
  const last = await renew(400)
  expect([first.exit, last.exit]).toEqual([11, 0])
  await renew(401)
  expect(heard().map(({ events }) => events.map(({ event }) => event))).toEqual([['owed'], ['recovered']])
})

test('a program that fails is noted once and no failure of the run; tried again as often as the limit allows', async () => {
  const { renew, place, folder, heard } = await owingHost('exec = ["~/fail"]\nmax_per_material = 3')
  place('fail', `#!/bin/sh\necho x >> ${folder}/tries\necho no such chat >&2\nexit 3\n`, 0o755)
  const runs = []
  for (const minutes of [0, 1, 2, 3, 4]) runs.push(await renew(minutes))
  expect(runs.flatMap(({ notes }) => notes)).toEqual([
    'exec could not be told, the next runs try again: expected exit code 0, found exit code 3; it said: no such chat',
  ])
  expect(new Set(runs.map(({ exit }) => exit)).size).toBe(1)
  expect(readFileSync(join(folder, 'tries'), 'utf8')).toBe('x\n'.repeat(3))

  place('fail', `#!/bin/sh\ncat >> ${folder}/heard\n`, 0o755)
  await renew(64)
  expect(heard().map(({ events }) => events.map(({ event }) => event))).toEqual([['owed']])
})

test('a program that hangs ends at its deadline', async () => {
  const { renew } = await owingHost('exec = ["/bin/sleep", "60"]\ntimeout = "1s"')
  expect((await renew(0)).notes).toEqual([
    'exec could not be told, the next runs try again: expected an answer within 1s, found none',
  ])
})

test('nobody is told while it cannot be remembered: every run would repeat it', async () => {
  const { renew, heard, folder } = await owingHost()
  await renew(0)
  rmSync(join(folder, 'heard'))
  rmSync(join(folder, 'state/notified.json'))
  // In the place of the file that is written first.
  mkdirSync(join(folder, 'state/notified.json.new'))
  expect((await renew(1)).notes).toEqual([
    expect.stringMatching(/^nobody was told of changes: .*notified\.json/),
  ])
  expect(heard()).toEqual([])
})

test('a record that is damaged is begun anew', async () => {
  const { renew, heard, place } = await owingHost()
  place('state/notified.json', '{"exec":{"troubles":7}}')
  await renew(0)
  expect(heard()).toHaveLength(1)
})

test('while another run holds the lock, that one tells', async () => {
  const { renew, heard, folder, keyroller } = await owingHost()
  const unlock = await takeLock(join(folder, 'run'))
  try {
    expect((await keyroller('renew agent --log human')).stdout).not.toContain('nobody was told')
    expect(heard()).toEqual([])
  } finally {
    unlock()
  }
  await renew(0)
  expect(heard()).toHaveLength(1)
})
