import { lastOf } from './answer.ts'
import type { Answer } from './panel.ts'
import { type Box, line, text } from './svg.ts'
import { formatValue } from './unit.ts'

const ROW = 20

/** A row a series: its labels and its value, without what the panel leaves out; what does not fit is counted. */
export function drawTable(answer: Answer, { x, y, width, height }: Box): string[] {
  const [head = [], ...rows] = cellsOf(answer)
  const fitting = Math.floor(height / ROW) - 1
  const shown = rows.length > fitting ? rows.slice(0, fitting - 1) : rows
  const more = rows.length > shown.length ? [[`and ${rows.length - shown.length} more`]] : []
  const cellWidth = width / head.length
  const draw = (cells: readonly string[], row: number, look: string) =>
    cells.map((cell, column) => text(x + column * cellWidth, y + row * ROW + 14, cell, look))
  return [
    ...draw(head, 0, 'fill="#57606a"'),
    ...shown.flatMap((cells, row) => [
      line(x, y + (row + 1) * ROW, x + width, y + (row + 1) * ROW),
      ...draw(cells, row + 1, 'class="data"'),
    ]),
    ...more.flatMap((cells) => draw(cells, shown.length + 1, 'fill="#57606a"')),
  ]
}

/** The names of the columns, then a row for each series. */
function cellsOf({ panel, series }: Answer): string[][] {
  const { excludeByName = {}, renameByName = {} } = panel.transformations?.[0]?.options ?? {}
  const labels = new Set(series.flatMap((one) => Object.keys(one.labels)))
  const columns = [...labels, 'Value'].filter((name) => !excludeByName[name])
  const { unit } = panel.fieldConfig.defaults
  const rows = series.map((one) =>
    columns.map((name) => (name === 'Value' ? formatValue(lastOf(one), unit) : (one.labels[name] ?? ''))),
  )
  return [columns.map((name) => renameByName[name] ?? name), ...rows]
}
