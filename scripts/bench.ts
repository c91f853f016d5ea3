/**
 * `npm run bench [-- --save]`: rolls leaves with keyroller and with `vault agent` in turn on the same real server, whole
 * process each; then a run with nothing due against bare Node; then the commit of files alone; then the cards of a fleet and a long ledger. Prints the table of docs/benchmarks.md, and saves it there
 * when asked. `-- --ledger` measures the ledger alone, and saves nothing. Outputs are removed before every run of both: Vault Agent does not re-issue while they are valid.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { must } from '../test/rig/command.ts'
import { measureCommits } from './bench/commits.ts'
import { measureFleet } from './bench/fleet.ts'
import { measureLedger } from './bench/ledger.ts'
import { renderLedger, renderReport } from './bench/report.ts'
import { measureIdle, measureRolls } from './bench/rounds.ts'

const ROOT = join(import.meta.dirname, '..')
const LEAVES = [1, 10, 100, 1000] as const
/** Fourteen entries each: a hundred thousand. */
const LEDGER_RUNS = 7143
const RUNS = { 1: 9, 10: 9, 100: 5, 1000: 5 } as const

async function main(): Promise<void> {
  // What operators run is measured, unless KEYROLLER_BIN names something else.
  process.env.KEYROLLER_BIN ||= await builtExecutable()
  const dir = await mkdtemp(join(tmpdir(), 'keyroller-bench-'))
  try {
    if (process.argv.includes('--ledger')) {
      process.stdout.write(renderLedger(await measureLedger(join(dir, 'ledger'), LEDGER_RUNS)))
      return
    }
    const rolls = []
    for (const count of LEAVES) rolls.push(await measureRolls(join(dir, String(count)), count, RUNS[count]))
    const idle = await measureIdle(join(dir, 'idle'), 21)
    const commits = await measureCommits(join(dir, 'commits'))
    const fleet = await measureFleet(join(dir, 'fleet'), 10_000)
    const ledger = await measureLedger(join(dir, 'ledger'), LEDGER_RUNS)
    const machine = `${cpus().length} x ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB`
    const report = renderReport({
      rolls,
      idle,
      commits,
      fleet,
      ledger,
      machine,
      date: new Date().toISOString().slice(0, 10),
    })
    process.stdout.write(report)
    if (process.argv.includes('--save')) await writeFile(join(ROOT, 'docs/benchmarks.md'), report)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

async function builtExecutable(): Promise<string> {
  await must(['npm', 'run', '--silent', 'build'], { cwd: ROOT, timeoutMs: 300_000 })
  return join(ROOT, 'dist/keyroller')
}

await main()
