/** docs/dashboard.svg is what `npm run dashboard` draws, and shows every panel of the shipped dashboard with data in it. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { answerPanel } from '../../../scripts/dashboard/answer.ts'
import type { Dashboard } from '../../../scripts/dashboard/panel.ts'
import { must } from '../../rig/command.ts'

const ROOT = join(import.meta.dirname, '../../..')
const dashboard: Dashboard = JSON.parse(readFileSync(join(ROOT, 'packaging/grafana/keyroller.json'), 'utf8'))

/** Prints the first text of every group, which is its title, and how many parts of it are data. */
const READ_SVG = `
import json, sys, xml.etree.ElementTree as tree
svg = '{http://www.w3.org/2000/svg}'
groups = tree.parse(sys.argv[1]).getroot().findall(svg + 'g')
print(json.dumps([[g.find(svg + 'text').text, sum(e.get('class') == 'data' for e in g)] for g in groups]))`

test('the picture is well-formed, has every panel with data, and is the one of the page', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'keyroller-picture-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'dashboard.svg')
  await must([process.execPath, join(ROOT, 'scripts/dashboard.ts'), file])
  const drawn: [string, number][] = JSON.parse(await must(['python3', '-c', READ_SVG, file]))
  expect(drawn.map(([title]) => title)).toEqual(dashboard.panels.map(({ title }) => title))
  expect(drawn.filter(([, data]) => data === 0)).toEqual([])
  expect(readFileSync(join(ROOT, 'docs/dashboard.svg'), 'utf8')).toBe(readFileSync(file, 'utf8'))
})

test('a panel for which Prometheus has nothing is no picture', async () => {
  const nothing = { ask: async () => [], askRange: async () => [], stop: async () => {} }
  for (const panel of dashboard.panels)
    await expect(answerPanel(nothing, dashboard, panel, 0)).rejects.toThrow(
      `panel ${panel.title}: expected data, found none`,
    )
})
