import { formatDuration } from '../../src/core/duration.ts'
import type { Unit } from './panel.ts'

/** A value as the unit of its panel has it. */
export function formatValue(value: number, unit: Unit): string {
  switch (unit) {
    case 'short':
      return String(Math.round(value * 100) / 100)
    case 'percentunit':
      return `${Math.round(value * 100)}%`
    case 's': {
      const sign = value < 0 ? '-' : ''
      if (Math.abs(value) < 5) return `${Math.round(value * 10) / 10}s`
      return sign + formatDuration(value * 1000)
    }
  }
}

const DURATIONS = [0.1, 0.2, 0.5, 1, 5, 15, 60, 300, 900, 3600, 7200, 14_400, 43_200, 86_400, 432_000]
const NUMBERS = [0.1, 0.2, 0.25, 0.5, 1, 2, 5, 10, 20, 25, 50, 100, 1000]

/** The distance of the lines of a scale: of those that people read, the first that leaves no more than five. */
export function scaleStep(range: number, unit: Unit): number {
  const steps = unit === 's' ? DURATIONS : NUMBERS
  return steps.find((step) => range / step <= 5) ?? range
}
