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

const SUITES = [
  'files/crash',
  'files/power-cut',
  'files/whole-sets',
  'files/hostile-owner',
  'run/faults-recovery',
  'run/one-issuance',
  'run/lockout',
  'run/lockout-kills',
  'run/lockout-pins',
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
    const files = SUITES.map((suite) => `test/integration/${suite}.test.ts`)
    const env = { ...process.env, KEYROLLER_CRASH_POINTS: 'all', KEYROLLER_CRASH_REPORT: report }
    const child = spawn('vitest', ['run', '--project', 'integration', ...files], { stdio: 'inherit', env })
    const [code] = await once(child, 'exit')
    const lines = (await readFile(report, 'utf8')).split('\n').filter((line) => line !== '')
    return { tallies: lines.map((line): Tally => JSON.parse(line)), hasPassed: code === 0 }
  } finally {
    await rm(dir, { recursive: true })
  }
}

await main()
