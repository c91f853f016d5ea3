/**
 * The crash matrix of an installation: two sets of three files, switched, remembered, settled. The points are those that a
 * traced run shows, so that none is forgotten when the code changes.
 */
import { chmodSync, chownSync, mkdtempSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { MaterialId } from '../../../src/core/material.ts'
import { forEachBounded } from '../../../src/run/concurrency.ts'
import { openMemory } from '../../../src/run/memory-store.ts'
import { recoverHost } from '../../../src/run/recover-host.ts'
import { CONSUMER } from '../../unit/run/small-host.ts'
import { type FileState, readLeftovers, readSets } from './host-state.ts'
import { samplePoints } from './sampled.ts'
import { ATTRIBUTES, contentOf, FILE_NAMES, HOMES, switchedHost } from './switched-host.ts'
import { type Installed, installWith, type Point, tracePoints } from './tampered-install.ts'

const AT_ONCE = 3

describe.each(['old', 'none'] as const)('with %s files before', (before) => {
  let points: readonly Point[]
  const roots: string[] = []
  const newRoot = () => {
    const root = prepare(before)
    roots.push(root)
    return root
  }
  beforeAll(async () => {
    points = await tracePoints(newRoot())
  })
  afterAll(() => Promise.all(roots.map((root) => rm(root, { recursive: true }))))

  test('the trace holds every phase of an installation', () => {
    const phases = [
      '.staged',
      'journal.json',
      'state.json',
      'fsync(',
      'link',
      'rename',
      'unlink',
      'fchown(',
      'fchmod(',
    ]
    expect(phases.filter((phase) => !points.some(({ text }) => text.includes(phase)))).toEqual([])
    expect(points.length).toBeGreaterThan(50)
  })

  test('killed at a call that changes files: recovery makes every set whole', {
    timeout: 1_200_000,
  }, async () => {
    const { chosen, label } = samplePoints(points, 10, process.env)
    const violations: string[] = []
    await forEachBounded(chosen, AT_ONCE, async (point) => {
      const root = newRoot()
      const installed = await installWith(root, point, 'signal=KILL')
      const found =
        installed === 'killed' ? await findViolations(root, before, installed) : ['it was not killed']
      violations.push(...found.map((violation) => `killed at ${point.text}: ${violation}`))
    })
    console.log(`killed at ${label} points, ${before} before: ${violations.length} violations`)
    expect(violations).toEqual([])
  })

  test('a call that fails: the set is whole at once, and named', { timeout: 1_200_000 }, async () => {
    const faults = points.flatMap((point) => (FAULTS[point.syscall] ?? []).map((error) => ({ point, error })))
    const { chosen, label } = samplePoints(faults, 8, process.env)
    const violations: string[] = []
    await forEachBounded(chosen, AT_ONCE, async ({ point, error }) => {
      const root = newRoot()
      const installed = await installWith(root, point, `error=${error}`)
      const found = [...findUntold(root, installed), ...(await findViolations(root, before, installed))]
      violations.push(...found.map((violation) => `${error} at ${point.text}: ${violation}`))
    })
    console.log(`failed at ${label} points, ${before} before: ${violations.length} violations`)
    expect(violations).toEqual([])
  })
})

/** What each call fails with on a full, broken, read-only or protected file system. */
const FAULTS: Readonly<Record<string, readonly string[]>> = {
  openat: ['ENOSPC', 'EDQUOT', 'EROFS'],
  write: ['ENOSPC', 'EDQUOT'],
  pwrite64: ['ENOSPC', 'EIO'],
  fchown: ['EPERM'],
  fchmod: ['EPERM'],
  chmod: ['EIO'],
  fsync: ['EIO'],
  link: ['EPERM', 'ENOSPC'],
  rename: ['EPERM', 'EIO'],
  unlink: ['EIO', 'EROFS'],
}

type Before = 'old' | 'none'

function prepare(before: Before): string {
  const root = mkdtempSync(join(tmpdir(), 'keyroller-crash-'))
  switchedHost(root)
  if (before === 'none') return root
  const { uid, gid, modes } = ATTRIBUTES.old
  for (const [, home] of HOMES) {
    for (const name of FILE_NAMES) {
      const path = join(root, home, name)
      writeFileSync(path, contentOf('old', name))
      chownSync(path, uid, gid)
      chmodSync(path, modes[name])
    }
  }
  return root
}

async function findViolations(root: string, before: Before, installed: Installed): Promise<string[]> {
  const { config, host } = switchedHost(root)
  const atFirst = readSets(root)
  await recoverHost(config, host)
  const sets = readSets(root)
  const again = await recoverHost(config, host)
  return [
    ...findTorn(atFirst),
    ...findHalf(sets, before),
    ...findBrokenWord(atFirst, sets, before, installed),
    ...findForgotten(root, atFirst, sets),
    ...readLeftovers(root).map((name) => `${name} was left`),
    ...(again.recovery.sets.length + again.swept.length > 0 ? ['recovery found work a second time'] : []),
    ...(describeSets(readSets(root)) === describeSets(sets) ? [] : ['recovery changed its mind']),
  ]
}

type Sets = ReturnType<typeof readSets>

/** At no moment, recovered or not, does a visible name stand for half a file or one with other rights. */
function findTorn(sets: Sets): string[] {
  return [...sets.values()].flat().filter((state) => state.startsWith('torn'))
}

function findHalf(sets: Sets, before: Before): string[] {
  const whole: readonly FileState[] = [before, 'new']
  return [...sets].flatMap(([id, states]) => {
    const [state, ...more] = states
    return state && more.length === 0 && whole.includes(state) ? [] : [`${id} is ${states.join(' and ')}`]
  })
}

/** What the installation said came true, at once and for good. */
function findBrokenWord(atFirst: Sets, sets: Sets, before: Before, installed: Installed): string[] {
  if (installed === 'killed' || 'thrown' in installed) return []
  const said = new Map<MaterialId, FileState>(installed.switched.map((id) => [id, 'new']))
  for (const [id] of installed.failed) said.set(id, before)
  return [...said].flatMap(([id, state]) => {
    const found = [...(atFirst.get(id) ?? []), ...(sets.get(id) ?? [])]
    return found.every((one) => one === state) ? [] : [`${id} was said to be ${state}, found ${found}`]
  })
}

/** Whoever can have met a new file is owed a reload; and what a set holds is remembered. */
function findForgotten(root: string, atFirst: Sets, sets: Sets): string[] {
  const memory = openMemory(join(root, 'state')).current()
  const isNew = (id: MaterialId) => [atFirst, sets].some((seen) => seen.get(id)?.includes('new'))
  const owed = memory.owed.some(({ target }) => target === CONSUMER.text)
  const unknown = [...sets.keys()].filter((id) => {
    return (sets.get(id)?.[0] === 'new') !== (memory.materials[id]?.issued?.serial === 'new')
  })
  return [
    ...(isNew('certificate/app') && !owed ? ['the reload is not owed'] : []),
    ...unknown.map((id) => `${id} is remembered wrongly`),
  ]
}

/** A fault names the file or directory, and what the system said. */
function findUntold(root: string, installed: Installed): string[] {
  if (installed === 'killed') return ['it was killed']
  const faults = 'thrown' in installed ? [installed.thrown] : installed.failed.map(([, fault]) => fault)
  return faults
    .filter(
      ({ code, message }) => code === 'internal' || !message.includes(root) || !/\bE[A-Z]{2,}/.test(message),
    )
    .map(({ code, message }) => `it was said to be ${code}: ${message}`)
}

function describeSets(sets: Sets): string {
  return JSON.stringify([...sets])
}
