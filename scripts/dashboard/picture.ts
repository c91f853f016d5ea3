/** The dashboard as one SVG: every panel where Grafana would put it. */
import { drawChart } from './chart.ts'
import type { Answer } from './panel.ts'
import { drawStat } from './stat.ts'
import { type Box, text } from './svg.ts'
import { drawTable } from './table.ts'

const WIDTH = 1200
const COLUMN = WIDTH / 24
const ROW = 30
const HEAD = 40
const GAP = 8

export function drawDashboard(answers: readonly Answer[]): string {
  const rows = Math.max(...answers.map(({ panel: { gridPos } }) => gridPos.y + gridPos.h))
  const height = HEAD + rows * ROW + GAP
  const [first] = answers
  const period = `${minuteOf(first?.fromSeconds)} to ${minuteOf(first?.toSeconds)} UTC`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="DejaVu Sans, Verdana, sans-serif" font-size="11" fill="#24292f">`,
    '<title>The dashboard of keyroller</title>',
    `<rect width="${WIDTH}" height="${height}" fill="#f4f5f7"/>`,
    text(GAP, 26, 'keyroller, all hosts', 'font-size="16" font-weight="bold"'),
    text(WIDTH - GAP, 26, period, 'text-anchor="end" fill="#57606a"'),
    ...answers.map(drawPanel),
    '</svg>\n',
  ].join('\n')
}

function minuteOf(atSeconds = 0): string {
  return new Date(atSeconds * 1000).toISOString().slice(0, 16).replace('T', ' ')
}

function drawPanel(answer: Answer): string {
  const { title, type, gridPos } = answer.panel
  const width = gridPos.w * COLUMN - GAP
  const height = gridPos.h * ROW - GAP
  const inner: Box = { x: 12, y: 28, width: width - 24, height: height - 36 }
  const draw = { stat: drawStat, table: drawTable, timeseries: drawChart }[type]
  return [
    `<g transform="translate(${gridPos.x * COLUMN + GAP / 2} ${HEAD + gridPos.y * ROW + GAP / 2})">`,
    `<rect width="${width}" height="${height}" rx="4" fill="#fff" stroke="#d0d7de"/>`,
    text(12, 19, title, 'font-weight="bold"'),
    ...draw(answer, inner),
    '</g>',
  ].join('\n')
}
