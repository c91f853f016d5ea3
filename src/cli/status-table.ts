/** One line a material: as wide as it likes, or in the form that a terminal has room for. */
import { formatUntil } from '../core/duration.ts'
import type { EpochMs } from '../core/epoch-ms.ts'
import type { Rung } from '../core/status/rung.ts'
import type { MaterialStatus } from '../core/status/rungs.ts'
import type { Paint } from '../report/paint.ts'

interface Form {
  readonly titles: readonly [string, string, string, string]
  readonly words: Readonly<Record<Rung['state'], string>>
  readonly gap: string
  readonly spans: readonly ('notAfterMs' | 'dueAtMs')[]
}

const WIDE: Form = {
  titles: ['ISSUED ', 'INSTALL', 'LOADED ', 'SERVED '],
  words: { yes: 'yes', no: 'NO', unknown: 'unknown', off: '-' },
  gap: '  ',
  spans: ['notAfterMs', 'dueAtMs'],
}
const NARROW: Form = {
  titles: ['ISS', 'INS', 'LOA', 'SER'],
  words: { yes: 'yes', no: 'NO', unknown: '?', off: '-' },
  gap: ' ',
  spans: ['notAfterMs', 'dueAtMs'],
}
const NARROWEST: Form = { ...NARROW, spans: ['notAfterMs'] }

const TITLES = { notAfterMs: 'EXPIRES', dueAtMs: 'RENEWS' } as const
const SPAN_WIDTH = 8
const LEAST_NAME = 8

/** `columns` unset is no terminal: nothing is cut then. */
export function statusTable(
  all: readonly MaterialStatus[],
  nowMs: EpochMs,
  color: Paint,
  columns: number | undefined,
): string[] {
  const longest = Math.max(LEAST_NAME, ...all.map(({ id }) => id.length))
  const room = columns ?? Number.POSITIVE_INFINITY
  const form = [WIDE, NARROW].find((one) => longest + restWidth(one) <= room) ?? NARROWEST
  const width = Math.max(LEAST_NAME, Math.min(longest, room - restWidth(form)))
  return [headerOf(form, width), ...all.map((one) => rowOf(one, form, width, nowMs, color))]
}

/** Everything but the name. */
function restWidth({ titles, gap, spans }: Form): number {
  const rungs = titles.reduce((sum, title) => sum + gap.length + title.length, 0)
  return rungs + spans.length * (gap.length + SPAN_WIDTH)
}

function headerOf({ titles, gap, spans }: Form, width: number): string {
  const ends = spans.map((key) => TITLES[key].padEnd(SPAN_WIDTH))
  return ['MATERIAL'.padEnd(width), ...titles, ...ends].join(gap).trimEnd()
}

function rowOf(one: MaterialStatus, form: Form, width: number, nowMs: EpochMs, color: Paint): string {
  const rungs = [one.issued, one.installed, one.loaded, one.served].map(({ state }, index) => {
    const text = form.words[state].padEnd(form.titles[index]?.length ?? 0)
    return state === 'yes' ? color.green(text) : state === 'no' ? color.red(text) : text
  })
  const ends = form.spans.map((key) => span(one[key], nowMs).padEnd(SPAN_WIDTH))
  return [cutMiddle(one.id, width).padEnd(width), ...rungs, ...ends].join(form.gap).trimEnd()
}

/** Kind and end of a name are what tells it from others. */
function cutMiddle(name: string, width: number): string {
  if (name.length <= width) return name
  const half = (width - 1) / 2
  return `${name.slice(0, Math.ceil(half))}…${name.slice(name.length - Math.floor(half))}`
}

function span(ms: EpochMs | undefined, nowMs: EpochMs): string {
  return ms === undefined ? '-' : formatUntil(ms, nowMs)
}
