/** The layout `generation`, and moving into it and out of it, through the switch that every run makes. */
import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Layout, MaterialId } from '../../../../src/core/material.ts'
import { readJournal } from '../../../../src/files/switching/journal.ts'
import { switchSets } from '../../../../src/files/switching/switch-sets.ts'

const MIDDLE = '.keyroller-certificate-app'
const OLD = { 'cert.pem': 'old cert.pem', 'key.pem': 'old key.pem' }
const NEW = { 'cert.pem': 'new cert.pem', 'key.pem': 'new key.pem' }

let root: string
let home: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'keyroller-generation-'))
  home = join(root, 'app')
  for (const name of ['state', 'app']) mkdirSync(join(root, name))
})
afterEach(() => rm(root, { recursive: true }))

describe('first files', () => {
  test('are links through one link into a directory that only we write to, with modes of their own', async () => {
    await roll('generation', 'new')
    expect(visible()).toEqual(NEW)
    expect(readlinkSync(join(home, 'key.pem'))).toBe(`${MIDDLE}/key.pem`)
    expect(readlinkSync(join(home, MIDDLE))).toMatch(/^\.keyroller-certificate-app\.[0-9a-f]{16}$/)
    expect(statSync(join(home, MIDDLE))).toMatchObject({ mode: 0o41755, uid: process.geteuid?.() })
    expect([modeOf('key.pem'), modeOf('cert.pem')]).toEqual([0o600, 0o644])
    expect(entries()).toHaveLength(4)
  })

  test('none of them is there before the journal stands', async () => {
    let seen: unknown
    await roll('generation', 'new', () => {
      seen = visible()
    })
    expect(seen).toEqual({})
  })
})

test('a later generation leaves the one before to whoever has it open, and no older one', async () => {
  await roll('generation', 'older')
  await roll('generation', 'old')
  const opened = openSync(join(home, MIDDLE), 'r')
  await roll('generation', 'new')
  expect(visible()).toEqual(NEW)
  expect(readFileSync(`/proc/self/fd/${opened}/key.pem`, 'utf8')).toBe('old key.pem')
  closeSync(opened)
  expect(generations()).toEqual(['new', 'old'])
  expect(entries()).toHaveLength(5)
})

describe('moving files into a generation', () => {
  test('the same files are adopted before the new ones come, and stay as the generation before', async () => {
    await roll('files', 'old')
    const { ino } = lstatSync(join(home, 'key.pem'))
    await roll('generation', 'new')
    expect(visible()).toEqual(NEW)
    expect(generations()).toEqual(['new', 'old'])
    const old = readdirSync(home).find((name) => name.startsWith(`${MIDDLE}.`) && markOf(name) === 'old')
    expect(lstatSync(join(home, old ?? '', 'key.pem'))).toMatchObject({ ino, nlink: 1 })
    await roll('generation', 'newer')
    expect(generations()).toEqual(['new', 'newer'])
  })

  test('a file that was put in place of its link is adopted with the others as they are', async () => {
    await roll('generation', 'old')
    writeFileSync(join(home, 'by-hand'), 'by hand', { mode: 0o600 })
    renameSync(join(home, 'by-hand'), join(home, 'key.pem'))
    await roll('generation', 'new')
    expect(visible()).toEqual(NEW)
    expect(generations()).toEqual(['by hand', 'new'])
  })

  test('a file that is missing comes with the new generation', async () => {
    await roll('files', 'old')
    rmSync(join(home, 'cert.pem'))
    await roll('generation', 'new')
    expect(visible()).toEqual(NEW)
  })
})

describe('moving out of a generation', () => {
  test('regular files take the names, and no link or generation stays', async () => {
    await roll('generation', 'old')
    await roll('files', 'new')
    expect(visible()).toEqual(NEW)
    expect(entries()).toEqual(['cert.pem', 'key.pem'])
    expect(lstatSync(join(home, 'key.pem')).isFile()).toBe(true)
  })

  test('a file alone leaves the generation to the others', async () => {
    await roll('generation', 'old')
    await roll('files', 'new', undefined, ['key.pem'])
    expect(visible()).toEqual({ 'cert.pem': 'old cert.pem', 'key.pem': 'new key.pem' })
    expect(generations()).toEqual(['old'])
  })
})

describe('a material that was renamed', () => {
  test.each<Layout>(['generation', 'files'])('takes over the links of its old name: %s', async (layout) => {
    await roll('generation', 'old', undefined, undefined, 'certificate/before')
    await roll(layout, 'new')
    expect(visible()).toEqual(NEW)
    expect(entries().filter((name) => name.includes('before'))).toEqual([])
  })
})

test('a file that is configured no longer leaves no link to nowhere', async () => {
  await roll('generation', 'old', undefined, ['key.pem', 'cert.pem', 'ca.pem'])
  await roll('generation', 'new')
  expect(visible()).toEqual(NEW)
})

describe('what is not exactly ours is refused and stays, and so does the set', () => {
  const PLANTS: [string, string, string][] = [
    ['key.pem', '/etc/hostname', 'a symbolic link'],
    ['key.pem', `${MIDDLE}/cert.pem`, 'a symbolic link'],
    [MIDDLE, '/etc', 'one that leads elsewhere'],
    [MIDDLE, `${MIDDLE}.0123456789abcdef/..`, 'one that leads elsewhere'],
  ]
  test.each(PLANTS)('%s -> %s', async (name, text, found) => {
    await roll('generation', 'old')
    rmSync(join(home, name))
    symlinkSync(text, join(home, name))
    const before = entries()
    expect(await fail('generation')).toMatch(`${join(home, name)}: expected `)
    expect(await fail('generation')).toMatch(new RegExp(`found ${found}$`))
    expect(readlinkSync(join(home, name))).toBe(text)
    expect(entries()).toEqual(before)
  })

  test('a directory under the name of the middle link', async () => {
    mkdirSync(join(home, MIDDLE))
    expect(await fail('generation')).toMatch(/found a directory$/)
    expect(entries()).toEqual([MIDDLE])
  })
})

describe('a set that cannot be switched is put back', () => {
  test('a target that became a directory after staging', async () => {
    await roll('generation', 'old')
    const message = await fail('generation', () => {
      rmSync(join(home, 'cert.pem'))
      mkdirSync(join(home, 'cert.pem'))
    })
    expect(message).toBe(`${join(home, 'cert.pem')}: expected a regular file or none, found a directory`)
    expect(readFileSync(join(home, 'key.pem'), 'utf8')).toBe('old key.pem')
    expect(generations()).toEqual(['old'])
  })

  test('a middle link that became a directory after staging', async () => {
    const message = await fail('generation', () => mkdirSync(join(home, MIDDLE)))
    expect(message).toMatch(/found a directory$/)
    expect(entries()).toEqual([MIDDLE])
  })

  test('what was staged was taken away', async () => {
    await roll('generation', 'old')
    const message = await fail('generation', () => {
      const staged = entries().find((name) => name.endsWith('.staged')) ?? ''
      rmSync(join(home, staged), { recursive: true })
    })
    expect(message).toBe(`${join(home, MIDDLE)}: expected to switch it, found ENOENT`)
    expect(visible()).toEqual(OLD)
    expect(entries()).toHaveLength(4)
  })

  test('what was staged was swapped for another directory', async () => {
    await roll('generation', 'old')
    await fail('generation', () => {
      const staged = join(home, entries().find((name) => name.endsWith('.staged')) ?? '')
      rmSync(staged, { recursive: true })
      mkdirSync(staged)
    })
    expect(visible()).toEqual(OLD)
  })
})

test('no descriptor stays open', async () => {
  const before = readdirSync('/proc/self/fd').length
  await roll('files', 'old')
  await roll('generation', 'new')
  await fail('generation', () => rmSync(home, { recursive: true }))
  expect(readdirSync('/proc/self/fd').length).toBe(before)
})

async function roll(
  layout: Layout,
  mark: string,
  between?: () => unknown,
  names: readonly string[] = ['key.pem', 'cert.pem'],
  material: MaterialId = 'certificate/app',
): Promise<void> {
  const { failed, settle } = await rollOnce(layout, mark, between, names, material)
  expect([...failed.values()]).toEqual([])
  await settle()
  expect(readJournal(join(root, 'state'))).toBeUndefined()
}

async function fail(layout: Layout, between?: () => unknown): Promise<string> {
  const { failed, settle } = await rollOnce(
    layout,
    'new',
    between,
    ['key.pem', 'cert.pem'],
    'certificate/app',
  )
  await settle()
  return failed.get('certificate/app')?.message ?? 'it did not fail'
}

/** `between`: what happens when all is staged and nothing is switched. */
function rollOnce(
  layout: Layout,
  mark: string,
  between: (() => unknown) | undefined,
  names: readonly string[],
  material: MaterialId,
) {
  const images = names.map((name) => ({
    ...{ path: join(home, name), content: Buffer.from(`${mark} ${name}`) },
    ...{ mode: name === 'key.pem' ? 0o600 : 0o644 },
    ...{ uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 },
  }))
  const owedFor = () => {
    between?.()
    return []
  }
  return switchSets({ stateDir: join(root, 'state'), sets: [{ material, layout, images }], owedFor })
}

/** What a consumer reads under each name. */
function visible(): Record<string, string> {
  const names = entries().filter((name) => !name.startsWith('.'))
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(home, name), 'utf8')]))
}

/** The marks of all generations there are. */
function generations(): string[] {
  return entries()
    .filter((name) => name.startsWith(`${MIDDLE}.`))
    .map(markOf)
    .sort()
}

function markOf(generation: string): string {
  return readFileSync(join(home, generation, 'key.pem'), 'utf8').replace(/ key\.pem$/, '')
}

function modeOf(name: string): number {
  return statSync(join(home, name)).mode & 0o7777
}

function entries(): string[] {
  return readdirSync(home).sort()
}
