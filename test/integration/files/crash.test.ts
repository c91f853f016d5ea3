/**
 * The crash matrix of an installation: two sets of three files, switched, remembered, settled. The points are those that a
 * traced run shows, so that none is forgotten when the code changes.
 */
import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { forEachBounded } from '../../../src/core/concurrency.ts'
import { samplePoints } from './sampled.ts'
import { type Point, runWith, tracePoints } from './tampered-child.ts'
import { findUntold, findViolations, type Installed, prepareHost } from './violations.ts'

const AT_ONCE = 3

describe.each(['old', 'none'] as const)('with %s files before', (before) => {
  let points: readonly Point[]
  const roots: string[] = []
  const newRoot = () => {
    const root = prepareHost(before)
    roots.push(root)
    return root
  }
  beforeAll(async () => {
    points = await tracePoints('install', newRoot())
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
      const installed = await runWith<Installed>('install', root, point, 'signal=KILL')
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
      const installed = await runWith<Installed>('install', root, point, `error=${error}`)
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
