/**
 * `npm run test:crash [-- --save]`: every proof of the files in full, not the sample that scripts/test takes: root, strace
 * and loop devices needed, about an hour. Prints one line a proof, and saves the figures in docs/reliability.md
 * when asked and only when nothing is violated. Exits with 1 on a violation, on a test that fails and on a proof that is missing.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { cpus, release, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Tally } from '../test/integration/files/tally.ts'
import { addUp, describeTotal, PROOFS } from './crash/add-up.ts'
import { renderReport } from './crash/report.ts'

/** Two at a time, on two cores: the first half is most of it. */
const HALVES = [
  ['files/crash'],
  [
    'files/whole-sets',
    'files/hostile-owner',
    'files/power-cut',
    'run/faults-recovery',
    'run/one-issuance',
    'run/keysets/kills',
    'run/lockout',
    'run/lockout-kills',
    'run/lockout-pins',
  ],
]

async function main(): Promise<void> {
  const { tallies, hasPassed } = await runSuites()
  const totals = addUp(tallies)
  for (const total of totals) process.stdout.write(`${describeTotal(total)}\n`)
  const violations = totals.reduce((sum, total) => sum + total.violations, 0)
  process.stdout.write(`violations: ${violations}\n`)
  if (!hasPassed || violations > 0 || totals.length < PROOFS.length) {
    process.stdout.write('not proved: see above\n')
    process.exitCode = 1
    return
  }
  if (!process.argv.includes('--save')) return
  const machine = `${cpus().length} x ${cpus()[0]?.model.trim()}, Linux ${release()}, Node ${process.version}`
  const report = renderReport({ totals, machine, date: new Date().toISOString().slice(0, 10) })
  await writeFile(join(import.meta.dirname, '../docs/reliability.md'), report)
}

async function runSuites(): Promise<{ tallies: Tally[]; hasPassed: boolean }> {
  const dir = await mkdtemp(join(tmpdir(), 'keyroller-proofs-'))
  try {
    const report = join(dir, 'tallies')
    await writeFile(report, '')
    const env = { ...process.env, KEYROLLER_CRASH_POINTS: 'all', KEYROLLER_CRASH_REPORT: report }
    const passed = await Promise.all(HALVES.map((suites) => runHalf(suites, env)))
    const lines = (await readFile(report, 'utf8')).split('\n').filter((line) => line !== '')
    return { tallies: lines.map((line): Tally => JSON.parse(line)), hasPassed: passed.every((one) => one) }
  } finally {
    await rm(dir, { recursive: true })
  }
}

async function runHalf(suites: readonly string[], env: NodeJS.ProcessEnv): Promise<boolean> {
  const files = suites.map((suite) => `test/integration/${suite}.test.ts`)
  const child = spawn('vitest', ['run', '--project', 'integration', ...files], { stdio: 'inherit', env })
  const [code] = await once(child, 'exit')
  return code === 0
}

await main()
