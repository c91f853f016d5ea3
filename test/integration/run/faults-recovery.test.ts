/** Recovery is itself killed, finds its disk full, or comes before the file systems it needs. */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { forEachBounded } from '../../../src/core/concurrency.ts'
import { enterJournal, readJournal } from '../../../src/files/switching/journal.ts'
import { takeLock } from '../../../src/run/lock.ts'
import { openMemory } from '../../../src/run/recording/memory-store.ts'
import { recoverHost } from '../../../src/run/recover-host.ts'
import { must, run } from '../../rig/command.ts'
import { interruptSwitch } from '../../unit/files/interrupted-switch.ts'
import { CONSUMER, smallHost } from '../../unit/run/small-host.ts'
import { mountExt4, mountTmpfs } from '../files/mounts.ts'
import { samplePoints } from '../files/sampled.ts'
import { describeScenario, type Scenario } from '../files/switched-host.ts'
import { tally } from '../files/tally.ts'
import { type Point, runWith, tracePoints, untilMet } from '../files/tampered-child.ts'
import { findViolations, makeHost } from '../files/violations.ts'

const CUT_OFF: readonly Scenario[] = [
  { layout: 'files', files: 3, before: 'files' },
  { layout: 'generation', files: 3, before: 'generation' },
  { layout: 'generation', files: 3, before: 'files' },
  { layout: 'files', files: 3, before: 'generation' },
]

describe.each(CUT_OFF.map((scenario) => [describeScenario(scenario), scenario] as const))(
  'killed on the way, %s',
  (of, scenario) => {
    const roots: string[] = []
    afterAll(() => Promise.all(roots.map((root) => rm(root, { recursive: true }))))

    test.each([
      ['forward', () => {}],
      ['back', loseNew],
    ])('%s: the next recovery makes every set whole', { timeout: 1_200_000 }, async (way, spoil) => {
      const install = await tracePoints('install', await newRoot(), scenario)
      const renames = install.filter(
        ({ syscall, text }) => syscall === 'rename' && text.includes('.staged", '),
      )
      // Of the second set, with more to come.
      const rename = renames[Math.floor(renames.length * 0.7)]
      if (!rename) throw new Error('no rename in the trace')
      const points = await tracePoints('recover', await interrupted(rename, spoil), scenario)
      const { chosen, label } = samplePoints(points, 2, process.env)
      const violations: string[] = []
      await forEachBounded(chosen, 3, async (point) => {
        const found = await untilMet(point, async (tried) => {
          const root = await interrupted(rename, spoil)
          const said = await runWith('recover', root, scenario, { point: tried, action: 'signal=KILL' })
          return said === 'killed' ? findViolations(root, scenario, 'killed') : ['it was not killed']
        })
        violations.push(...found.map((violation) => `killed at ${point.text}: ${violation}`))
      })
      tally({ proof: 'recovery', of: `turned ${way}, ${of}`, label, count: chosen.length, violations })
      expect(violations).toEqual([])
    })

    /** A host whose installation was killed at a rename of its second set. */
    async function interrupted(rename: Point, spoil: (root: string) => void): Promise<string> {
      const root = await newRoot()
      const kill = { point: rename, action: 'signal=KILL' }
      expect(await runWith('install', root, scenario, kill)).toBe('killed')
      spoil(root)
      return root
    }

    async function newRoot(): Promise<string> {
      const root = await makeHost(scenario)
      roots.push(root)
      return root
    }
  },
)

/** Something of the new set that is not in place yet is lost, so that recovery must turn back. */
function loseNew(root: string): void {
  const home = join(root, 'app')
  const hidden = readdirSync(home, { withFileTypes: true }).filter(({ name }) =>
    name.startsWith('.keyroller-'),
  )
  const files = hidden.flatMap((entry) => {
    const path = join(home, entry.name)
    if (entry.isDirectory()) return readdirSync(path).map((name) => join(path, name))
    return entry.isFile() ? [path] : []
  })
  for (const path of files) if (readFileSync(path, 'utf8').startsWith('new ')) rmSync(path)
}

describe('on a disk that does not do what it should', () => {
  let root: string
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'keyroller-faults-'))
  })
  afterEach(() => rm(root, { recursive: true }))

  test('a state directory that is full: files are finished, and nothing is forgotten until it has room', async () => {
    const disk = await mountTmpfs('size=64k,mode=0700')
    try {
      const { config, host } = withStateDir(disk.path)
      await interrupt(config.stateDir, join(root, 'app'))
      fill(disk.path)
      await expect(recoverHost(config, host)).rejects.toMatchObject({
        code: 'state-failed',
        message: expect.stringMatching(
          /state\.json: expected to save it, found ENOSPC, \d+ bytes and \d+ inodes free on tmpfs$/,
        ),
      })
      expect(readJournal(config.stateDir)).toMatchObject({ owed: [{ target: CONSUMER.text }] })
      rmSync(join(disk.path, 'filling'))
      expect((await recoverHost(config, host)).recovery.sets).toMatchObject([{ outcome: 'finished' }])
      expect(openMemory(config.stateDir).current().owed).toMatchObject([{ target: CONSUMER.text }])
    } finally {
      await disk.remove()
    }
  })

  test('a home that is mounted later: nothing is decided before, and everything then', async () => {
    const { config, host } = withStateDir(join(root, 'state'))
    const disk = await mountExt4()
    try {
      await must(['mount', '--bind', disk.path, join(root, 'app')])
      mkdirSync(join(root, 'certs'))
      await interrupt(config.stateDir, join(root, 'app'), join(root, 'certs'))
      await must(['umount', join(root, 'app')])
      expect((await recoverHost(config, host)).recovery.sets).toMatchObject([{ outcome: 'unclear' }])
      expect(readdirSync(join(root, 'certs'))).toHaveLength(3)
      await must(['mount', '--bind', disk.path, join(root, 'app')])
      expect((await recoverHost(config, host)).recovery.sets).toMatchObject([{ outcome: 'finished' }])
      expect(readdirSync(join(root, 'certs'))).toEqual(['cert.pem'])
      expect(existsSync(join(config.stateDir, 'journal.json'))).toBe(false)
    } finally {
      await run(['umount', join(root, 'app')])
      await disk.remove()
    }
  })

  test('the lock goes to whoever waits when a recovery is killed', async () => {
    const { config, host } = withStateDir(join(root, 'state'))
    mkdirSync(config.runtimeDir)
    const script = new URL('../../unit/run/hold-lock.ts', import.meta.url).pathname
    const holder = spawn(process.execPath, [script, config.runtimeDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await new Promise((resolve) => holder.stdout.once('data', resolve))
    await expect(recoverHost(config, host)).rejects.toMatchObject({ code: 'run-locked' })
    const waiting = takeLock(config.runtimeDir, { ms: 60_000, signal: new AbortController().signal })
    holder.kill('SIGKILL')
    const unlock = await waiting
    unlock()
  })

  function withStateDir(stateDir: string) {
    const { config, host } = smallHost(root)
    mkdirSync(stateDir, { recursive: true, mode: 0o700 })
    return { config: { ...config, stateDir }, host }
  }
})

async function interrupt(stateDir: string, home: string, certs = home): Promise<void> {
  const { sets } = interruptSwitch(home, { renamed: ['key.pem'], certs })
  const owed = { target: CONSUMER.text, materials: ['certificate/app' as const], sinceMs: 1, attempts: 0 }
  await enterJournal(stateDir, sets, [owed])
}

function fill(path: string): void {
  for (let size = 65_536; size > 0; size = Math.floor(size / 2)) {
    try {
      writeFileSync(join(path, 'filling'), Buffer.alloc(size), { flag: 'a' })
    } catch {}
  }
}
