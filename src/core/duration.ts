/** Durations as people write them: `90s`, `15m`, `72h`, `30d`, `2w`; several parts add up: `1d12h`. */

const UNIT_MS = { w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 } as const
type Unit = keyof typeof UNIT_MS

/** Milliseconds, or undefined when the text is no duration. Whole numbers only; zero is no duration. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d{1,6}[wdhms])+$/.test(text)) return undefined
  let totalMs = 0
  for (const [, digits, unit] of text.matchAll(/(\d+)([wdhms])/g))
    totalMs += Number(digits) * UNIT_MS[unit as Unit]
  return totalMs > 0 ? totalMs : undefined
}

/** The two largest units that say something: `6d4h`, `45m`, `12s`; below a second `0s`. Negative spans lose their sign. */
export function formatDuration(ms: number): string {
  let restMs = Math.abs(ms)
  const parts: string[] = []
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    const count = Math.floor(restMs / UNIT_MS[unit])
    restMs -= count * UNIT_MS[unit]
    if (count > 0) parts.push(`${count}${unit}`)
    else if (parts.length > 0) break
    if (parts.length === 2) break
  }
  return parts.join('') || '0s'
}

/** From now until then, with a minus once it is over: `6d4h`, `-45m`. */
export function formatUntil(ms: number, nowMs: number): string {
  return ms >= nowMs ? formatDuration(ms - nowMs) : `-${formatDuration(nowMs - ms)}`
}

/** RFC 3339 in UTC without fractions, as every message and JSON field of keyroller writes a moment. */
export function formatMoment(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
}
