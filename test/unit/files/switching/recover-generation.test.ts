import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Layout } from '../../../../src/core/material.ts'
import { openHolder } from '../../../../src/files/held-directory.ts'
import { leftoverName } from '../../../../src/files/switching/generation-names.ts'
import { type GenerationSet, JOURNAL_SCHEMA } from '../../../../src/files/switching/journal.ts'
import { recoverSwitch } from '../../../../src/files/switching/recover-switch.ts'
import { stageGeneration } from '../../../../src/files/switching/stage-generation.ts'
import { switchGeneration } from '../../../../src/files/switching/switch-generation.ts'
import { switchSets } from '../../../../src/files/switching/switch-sets.ts'

const MIDDLE = '.keyroller-certificate-app'
const NAMES = ['cert.pem', 'key.pem']
const OLD = { 'cert.pem': 'old cert.pem', 'key.pem': 'old key.pem' }
const NEW = { 'cert.pem': 'new cert.pem', 'key.pem': 'new key.pem' }

let root: string
let home: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'keyroller-recover-'))
  home = join(root, 'app')
  for (const path of [home, join(root, 'state')]) mkdirSync(path)
})
afterEach(() => rm(root, { recursive: true }))

/** How far the switch came: staged, named, or led to but not settled. */
const WAYS = ['staged', 'named', 'led to'] as const

describe.each<[string, Layout | undefined]>([
  ['the first files', undefined],
  ['replacing files', 'files'],
  ['replacing a generation', 'generation'],
])('%s', (_, before) => {
  beforeEach(() => (before ? roll(before) : undefined))
  const earlier = before ? OLD : {}

  test.each(WAYS)('%s: finished, and a second recovery comes to the same', async (way) => {
    const set = await interrupt(way)
    for (const _ of ['first', 'second']) {
      expect(await recover(set)).toMatchObject({ outcome: 'finished' })
      expect(visible()).toEqual(NEW)
      expect(hidden()).toHaveLength(before ? 3 : 2)
    }
  })

  test.each(WAYS)(
    '%s, and a file of it is lost: undone, and a second recovery comes to the same',
    async (way) => {
      const set = await interrupt(way)
      rmSync(join(home, existing(set), 'key.pem'))
      for (const _ of ['first', 'second']) {
        expect(await recover(set)).toMatchObject({
          outcome: 'undone',
          message: 'not all files were staged, the files of before are back',
        })
        expect(visible()).toEqual(earlier)
      }
      expect(readdirSync(home)).not.toContain(set.generation)
      expect(readdirSync(home)).not.toContain(leftoverName(set.generation))
    },
  )

  test('staged bytes that are not those of the journal are a lost file', async () => {
    const set = await interrupt('staged')
    writeFileSync(join(home, existing(set), 'cert.pem'), 'other')
    expect(await recover(set)).toMatchObject({ outcome: 'undone' })
    expect(visible()).toEqual(earlier)
  })
})

describe('what cannot be decided is left alone', () => {
  test('a directory that is there but empty, as before a mount', async () => {
    await roll('generation')
    const set = await interrupt('named')
    renameSync(home, join(root, 'unmounted'))
    mkdirSync(home)
    expect(await recover(set)).toMatchObject({
      outcome: 'unclear',
      message: expect.stringMatching(/expected it, old or new, found nothing: not mounted, or removed$/),
    })
    rmSync(home, { recursive: true })
    renameSync(join(root, 'unmounted'), home)
    expect(await recover(set)).toMatchObject({ outcome: 'finished' })
    expect(visible()).toEqual(NEW)
  })

  test('a directory that became a link: nothing behind it is touched', async () => {
    await roll('generation')
    const set = await interrupt('named')
    renameSync(home, join(root, 'moved'))
    symlinkSync(join(root, 'moved'), home)
    const before = readdirSync(join(root, 'moved'))
    expect(await recover(set)).toMatchObject({ outcome: 'unclear' })
    expect(readdirSync(join(root, 'moved'))).toEqual(before)
  })
})

test('a middle link that somebody led elsewhere since stays as it is, until it is gone', async () => {
  await roll('generation')
  const set = await interrupt('staged')
  rmSync(join(home, MIDDLE))
  symlinkSync('/etc', join(home, MIDDLE))
  expect(await recover(set)).toMatchObject({
    outcome: 'unclear',
    message: expect.stringMatching(/found one that leads elsewhere$/),
  })
  expect(readlinkSync(join(home, MIDDLE))).toBe('/etc')
  rmSync(join(home, MIDDLE))
  expect(await recover(set)).toMatchObject({ outcome: 'finished' })
  expect(visible()).toEqual(NEW)
})

/** The disk as a run leaves it that was killed so far into its switch. */
async function interrupt(way: (typeof WAYS)[number]): Promise<GenerationSet> {
  const holder = openHolder()
  try {
    const set = await stageGeneration({ ...setOf('new'), layout: 'generation' }, holder)
    if (way === 'named') renameSync(join(home, leftoverName(set.generation)), join(home, set.generation))
    if (way === 'led to') await switchGeneration(set, holder.hold(home))
    return set
  } finally {
    holder.close()
  }
}

async function recover(set: GenerationSet) {
  const [recovered] = await recoverSwitch({ schema: JOURNAL_SCHEMA, sets: [set], owed: [] })
  return recovered
}

async function roll(layout: Layout): Promise<void> {
  const sets = [{ ...setOf('old'), layout }]
  const { failed, settle } = await switchSets({ stateDir: join(root, 'state'), sets, owedFor: () => [] })
  expect(failed.size).toBe(0)
  await settle()
}

function setOf(mark: string) {
  const images = NAMES.map((name) => ({
    ...{ path: join(home, name), content: Buffer.from(`${mark} ${name}`), mode: 0o600, ephemeral: false },
    ...{ uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 },
  }))
  return { material: 'certificate/app' as const, images }
}

function existing({ generation }: GenerationSet): string {
  return existsSync(join(home, generation)) ? generation : leftoverName(generation)
}

function visible(): Record<string, string> {
  const names = readdirSync(home).filter((name) => !name.startsWith('.'))
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(home, name), 'utf8')]))
}

function hidden(): string[] {
  return readdirSync(home).filter((name) => name.startsWith('.'))
}
