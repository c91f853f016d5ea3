/**
 * `npm run dashboard [-- FILE]`: docs/dashboard.svg, or FILE. A small invented fleet is played for a day with keyroller's own code,
 * its metrics are put into a real Prometheus, and what that answers to every panel of the shipped dashboard is drawn.
 * The same code gives the same picture: an integration test fails while docs/dashboard.svg is another.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { answerPanel } from './dashboard/answer.ts'
import { playFleet } from './dashboard/fleet.ts'
import type { Answer, Dashboard } from './dashboard/panel.ts'
import { startOver } from './dashboard/past.ts'
import { drawDashboard } from './dashboard/picture.ts'

const ROOT = join(import.meta.dirname, '..')
const END_MS = Date.parse('2026-06-01T12:00:00Z')

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'keyroller-dashboard-'))
  try {
    const picture = drawDashboard(await answerAll(folder))
    await writeFile(process.argv[2] ?? join(ROOT, 'docs/dashboard.svg'), picture)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function answerAll(folder: string): Promise<Answer[]> {
  const shipped = await readFile(join(ROOT, 'packaging/grafana/keyroller.json'), 'utf8')
  const dashboard: Dashboard = JSON.parse(shipped)
  const prometheus = await startOver(folder, playFleet(END_MS))
  try {
    return await Promise.all(
      dashboard.panels.map((panel) => answerPanel(prometheus, dashboard, panel, END_MS)),
    )
  } finally {
    await prometheus.stop()
  }
}

await main()
