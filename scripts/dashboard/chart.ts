import type { Series } from '../../test/rig/prometheus.ts'
import type { Answer } from './panel.ts'
import { type Box, line, round, text } from './svg.ts'
import { formatValue, scaleStep } from './unit.ts'

const COLOURS = ['#0969da', '#cf222e', '#1a7f37', '#bc4c00', '#8250df', '#bf3989', '#1b7c83', '#57606a']
const HOURS = 4
const AXIS = 46
const LETTER = 6.2
const LEGEND_ROW = 15

/** Lines over time, with a scale at the left, hours of UTC below, and under them whose line is which. */
export function drawChart(answer: Answer, box: Box): string[] {
  const names = answer.series.map((one) => legendOf(answer, one))
  const columns = Math.max(
    1,
    Math.floor(box.width / (Math.max(...names.map((name) => name.length)) * LETTER + 24)),
  )
  const below = Math.ceil(names.length / columns) * LEGEND_ROW + 20
  const plot = { x: box.x + AXIS, y: box.y + 4, width: box.width - AXIS, height: box.height - below }
  const legend = { ...box, y: plot.y + plot.height + 32 }
  return [...drawPlot(answer, plot), ...drawLegend(names, legend, columns)]
}

function drawPlot({ panel, series, fromSeconds, toSeconds }: Answer, plot: Box): string[] {
  const { unit, min, max } = panel.fieldConfig.defaults
  const values = series.flatMap(({ points }) => points.map(([, value]) => value))
  const [least, most] = [min ?? Math.min(0, ...values), max ?? Math.max(...values)]
  const step = scaleStep(most - least, unit)
  const low = Math.floor(least / step) * step
  const high = Math.max(Math.ceil(most / step) * step, low + step)
  const xOf = (at: number) => plot.x + ((at - fromSeconds) / (toSeconds - fromSeconds)) * plot.width
  const yOf = (value: number) => plot.y + (1 - (value - low) / (high - low)) * plot.height
  const lineCount = Math.round((high - low) / step)
  const scale = Array.from({ length: lineCount + 1 }, (_, index) => low + index * step)
  return [
    ...scale.flatMap((value) => [
      line(plot.x, yOf(value), plot.x + plot.width, yOf(value)),
      text(plot.x - 6, yOf(value) + 4, formatValue(value, unit), 'text-anchor="end" fill="#57606a"'),
    ]),
    ...hours(fromSeconds, toSeconds).map((at) =>
      text(xOf(at), plot.y + plot.height + 15, clock(at), 'text-anchor="middle" fill="#57606a"'),
    ),
    ...series.map(({ points }, index) => {
      const path = points.map(([at, value]) => `${round(xOf(at))},${round(yOf(value))}`).join(' ')
      return `<polyline class="data" fill="none" stroke="${colour(index)}" stroke-width="1.5" points="${path}"/>`
    }),
  ]
}

/** The moments of the scale of time, without those at its edges, whose numbers would stand over them. */
function hours(fromSeconds: number, toSeconds: number): number[] {
  const every = HOURS * 3600
  const first = Math.floor(fromSeconds / every) + 1
  return Array.from({ length: Math.ceil(toSeconds / every) - first }, (_, index) => (first + index) * every)
}

function clock(atSeconds: number): string {
  return new Date(atSeconds * 1000).toISOString().slice(11, 16)
}

function drawLegend(names: readonly string[], { x, y, width }: Box, columns: number): string[] {
  return names.flatMap((name, index) => {
    const left = x + (index % columns) * (width / columns)
    const base = y + Math.floor(index / columns) * LEGEND_ROW
    return [
      line(left, base - 4, left + 12, base - 4, `stroke="${colour(index)}" stroke-width="3"`),
      text(left + 17, base, name),
    ]
  })
}

function legendOf({ panel }: Answer, { labels }: Series): string {
  const [target] = panel.targets
  return (target?.legendFormat ?? '').replace(/\{\{(\w+)\}\}/g, (_, name: string) => labels[name] ?? '')
}

function colour(index: number): string {
  return COLOURS[index % COLOURS.length] ?? '#000'
}
