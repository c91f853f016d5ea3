/** What persons ask of a keyset of this host: shown, refused and done, word for word. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { DAY_MS, NOW_MS } from '../../x509/authority.ts'
import type { Stage } from '../stage.ts'
import { keysetStage } from './keyset-stage.ts'

async function inUse(more?: string): Promise<Stage> {
  const scene = await keysetStage(more)
  await scene.keyroller('renew tokens --log human')
  return scene
}

async function versionsOf({ keyroller }: Stage): Promise<string[]> {
  const { versions } = JSON.parse((await keyroller('keyset show tokens --json')).stdout)
  return versions.map((one: { version: number; state: string }) => `${one.version} ${one.state}`)
}

/** Without how long it took. */
function lines({ stdout }: { readonly stdout: string }): string[] {
  return stdout.split('\n').filter((line) => line !== '' && !line.startsWith('done: '))
}

describe('rotate', () => {
  test('is shown, and changes nothing', async () => {
    const scene = await inUse()
    expect(lines(await scene.keyroller('keyset rotate tokens --plan'))).toEqual([
      'look   keyset/tokens: ordered: rotate: version 2 is made now; version 2 takes over from version 1 at 2026-06-08T12:00:00Z, with its gates open',
      'steps:',
      '  1. rotate of keyset/tokens, as asked for',
      '  2. look at the source of keyset/tokens: rotate: version 2 is made now; version 2 takes over from version 1 at 2026-06-08T12:00:00Z, with its gates open',
    ])
    expect(await versionsOf(scene)).toEqual(['1 active'])
  })

  test('is done once, and the next version takes over when peers know it', async () => {
    const scene = await inUse()
    expect(lines(await scene.keyroller('keyset rotate tokens --log human')).slice(-2)).toEqual([
      'ok    keyset/tokens: version 2 is made now; version 2 takes over from version 1 at 2026-06-08T12:00:00Z, with its gates open',
      'ok    keyset/tokens: 2 of 2 files written',
    ])
    expect(await versionsOf(scene)).toEqual(['1 active', '2 next'])
    await scene.keyroller('keyset rotate tokens --log human')
    expect(await versionsOf(scene)).toEqual(['1 active', '2 next'])
    const { exit } = await scene.keyroller('renew --log human tokens', { nowMs: NOW_MS + 7 * DAY_MS })
    expect([exit, await versionsOf(scene)]).toEqual([0, ['1 retiring', '2 active']])
  })

  test('the ledger says who asked for it', async () => {
    const scene = await inUse()
    await scene.keyroller('keyset rotate tokens --log human')
    const entries = readFileSync(join(scene.folder, 'state/ledger.jsonl'), 'utf8')
    const found = entries.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]))
    expect(found.filter(({ kind }) => kind === 'run').at(-1)).toMatchObject({
      verb: 'keyset',
      asked: { by: 'user', uid: process.geteuid?.() },
    })
    expect(
      found.filter(({ step }) => step === 'order').map(({ kind, reason }) => `${kind} ${reason}`),
    ).toEqual(['intent ordered', 'outcome ordered'])
  })
})

describe('rotate --now', () => {
  const BREAKS = [
    'unknown-to-peers: peers refuse version 2 until they learn of it: expected it known 7d before, found not at all',
    'refused-early: what version 1 has made is refused from 2026-06-01T13:00:00Z, though it may live for 12h',
  ]

  test('says what breaks, and does nothing unless somebody agrees', async () => {
    const scene = await inUse()
    expect(await scene.keyroller('keyset rotate tokens --now')).toEqual({
      exit: 2,
      stdout: '',
      stderr: [
        'keyroller: keyset/tokens: expected --yes to what follows, found none: version 1 has leaked, version 2 takes over at once:',
        ...BREAKS.map((line) => `  ${line}`),
        'hint: the same command again, with --yes',
        '',
      ].join('\n'),
    })
    const plan = lines(await scene.keyroller('keyset rotate tokens --now --plan'))
    expect(plan.slice(-3)).toEqual([...BREAKS.map((line) => `WARN   ${line}`), 'it is done with --yes only'])
    expect(await versionsOf(scene)).toEqual(['1 active'])
  })

  test('is done at once, with the grace asked for', async () => {
    const scene = await inUse()
    const { exit } = await scene.keyroller('keyset rotate tokens --now --grace 30m --yes --log human')
    expect([exit, await versionsOf(scene)]).toEqual([0, ['1 retiring', '2 active']])
    const { versions } = JSON.parse((await scene.keyroller('keyset show tokens --json')).stdout)
    expect(versions[0].acceptedUntil).toBe('2026-06-01T12:30:00Z')
    const keys = JSON.parse(readFileSync(join(scene.folder, 'keys.jwks'), 'utf8'))
    expect(keys.keys.map(({ kid }: { kid: string }) => kid)).toEqual(['v2', 'v1'])
  })

  test.each(['--grace 1h', '--next-leaked'])('%s means nothing without it', async (option) => {
    const { keyroller } = await inUse()
    expect((await keyroller(`keyset rotate tokens ${option}`)).stderr).toContain('expected --now beside')
  })
})

describe('the end of a version', () => {
  async function rotated(): Promise<Stage> {
    const scene = await inUse()
    await scene.keyroller('keyset rotate tokens --now --yes --log human')
    return scene
  }

  test('retire, then destroy', async () => {
    const scene = await rotated()
    expect(await scene.keyroller('keyset retire tokens v1')).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('\n  follows: archive version 1 follows at once: '),
    })
    expect((await scene.keyroller('keyset retire tokens v1 --yes --log human')).exit).toBe(0)
    expect(await versionsOf(scene)).toEqual(['1 archived', '2 active'])
    expect((await scene.keyroller('keyset destroy tokens 1')).exit).toBe(2)
    expect((await scene.keyroller('keyset destroy tokens 1 --yes --log human')).exit).toBe(0)
    expect(await versionsOf(scene)).toEqual(['1 destroyed', '2 active'])
  })

  test('what is in use is refused, with what to do instead', async () => {
    const { keyroller } = await rotated()
    expect(await keyroller('keyset retire tokens v2 --yes')).toEqual({
      exit: 2,
      stdout: '',
      stderr:
        'keyroller: tokens: expected version 2 retiring, found it active\nhint: keyroller keyset rotate tokens, first\n',
    })
  })

  test('under hold nothing is destroyed, until it ends', async () => {
    const scene = await rotated()
    await scene.keyroller('keyset retire tokens v1 --yes --log human')
    expect((await scene.keyroller('keyset hold tokens v1 --why case-4711 --log human')).exit).toBe(0)
    const refused = await scene.keyroller('keyset destroy tokens v1 --yes')
    expect(refused.stderr).toContain('found a hold since 2026-06-01T12:00:00Z: case-4711')
    expect((await scene.keyroller('keyset show tokens')).stdout).toContain(
      'since 2026-06-01T12:00:00Z: case-4711',
    )
    expect((await scene.keyroller('keyset unhold tokens --log human')).exit).toBe(0)
    expect((await scene.keyroller('keyset destroy tokens v1 --yes --log human')).exit).toBe(0)
  })

  test.each(['three', 'v0', '-1'])('%s is no version', async (text) => {
    const { keyroller } = await inUse()
    expect((await keyroller(`keyset retire tokens ${text}`)).exit).toBe(2)
  })
})

test('advance does what is due, and says so', async () => {
  const scene = await keysetStage()
  expect((await scene.keyroller('keyset advance tokens --plan')).stdout).toContain('look   keyset/tokens: ')
  expect((await scene.keyroller('keyset advance tokens --log human')).exit).toBe(0)
  expect(await versionsOf(scene)).toEqual(['1 active'])
})

test('what a run that was killed has left begun is gone on with by the next one', async () => {
  const scene = await inUse()
  const path = join(scene.folder, 'state/state.json')
  const state = JSON.parse(readFileSync(path, 'utf8'))
  state.materials['keyset/tokens'].keyset.orderedMs = NOW_MS
  writeFileSync(path, JSON.stringify(state))
  expect((await scene.keyroller('plan tokens')).stdout).toContain('look   keyset/tokens: order-begun: ')
  await scene.keyroller('renew tokens --log human')
  expect((await scene.keyroller('plan tokens')).stdout).toContain('keep   keyset/tokens: current: ')
})
