/** Limits as they are asked for: a time like `7d`, or a share of the certificate's own lifetime like `25%`. */
import { formatDuration, parseDuration } from '../duration.ts'
import type { MaterialStatus } from './rungs.ts'

export type Threshold =
  | { readonly kind: 'fraction'; readonly of: number }
  | { readonly kind: 'remaining'; readonly ms: number }

/** Undefined when the text is neither a duration nor a percentage between 0 and 100. */
export function parseThreshold(text: string): Threshold | undefined {
  const percent = /^(\d{1,2}(?:\.\d)?)%$/.exec(text)?.[1]
  if (percent !== undefined)
    return Number(percent) > 0 ? { kind: 'fraction', of: Number(percent) / 100 } : undefined
  const ms = parseDuration(text)
  return ms === undefined ? undefined : { kind: 'remaining', ms }
}

export function formatThreshold(threshold: Threshold): string {
  if (threshold.kind === 'remaining') return formatDuration(threshold.ms)
  return `${Math.round(threshold.of * 1000) / 10}%`
}

/** The limit in milliseconds; undefined for a share of a life whose begin is not known, as that of a bundle. */
export function thresholdMs(
  threshold: Threshold,
  { notBeforeMs, notAfterMs }: Pick<MaterialStatus, 'notBeforeMs' | 'notAfterMs'>,
): number | undefined {
  if (threshold.kind === 'remaining') return threshold.ms
  if (notBeforeMs === undefined || notAfterMs === undefined) return undefined
  return Math.round((notAfterMs - notBeforeMs) * threshold.of)
}
