import { lastOf } from './answer.ts'
import type { Answer } from './panel.ts'
import { type Box, text } from './svg.ts'
import { formatValue } from './unit.ts'

const COLOURS: Readonly<Record<string, string>> = { green: '#1a7f37', orange: '#bc4c00', red: '#cf222e' }

/** One number on the colour of the last threshold that it reaches. */
export function drawStat({ panel, series }: Answer, { x, y, width, height }: Box): string[] {
  const { unit, thresholds } = panel.fieldConfig.defaults
  return series.slice(0, 1).flatMap((one) => {
    const value = lastOf(one)
    const reached = thresholds?.steps.findLast((step) => step.value === null || value >= step.value)
    const middle = `text-anchor="middle" font-size="26" font-weight="bold" fill="#fff" class="data"`
    return [
      `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="3" fill="${COLOURS[reached?.color ?? ''] ?? '#57606a'}"/>`,
      text(x + width / 2, y + height / 2 + 9, formatValue(value, unit), middle),
    ]
  })
}
