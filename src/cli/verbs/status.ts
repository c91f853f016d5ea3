import { formatDuration, formatMoment } from '../../core/duration.ts'
import { describeRetest } from '../../core/retest.ts'
import type { Rung } from '../../core/rung.ts'
import type { MaterialStatus } from '../../core/rungs.ts'
import { type Paint, paint } from '../../report/paint.ts'
import { interruptedLines, look } from '../../run/look.ts'
import type { SkewReport } from '../../run/server.ts'
import { statuses, statusJson } from '../../run/statuses.ts'
import { type CommonOptions, type Edge, printJson, printLines, takesEscapes } from '../edge.ts'
import { type AddVerb, configFor, newVerb } from '../verb.ts'

export const addStatus: AddVerb = (program, edge, finish) => {
  newVerb(program, {
    name: 'status',
    summary: 'what is issued, installed, loaded and served; asks nobody, changes nothing',
    example: 'keyroller status --json',
    exits: '3 configuration. What is wrong with a material is told, not an exit code: see keyroller verify',
  }).action(async (options: CommonOptions) => {
    await showStatus(options, edge)
    finish(0)
  })
}

async function showStatus(options: CommonOptions, edge: Edge): Promise<void> {
  const config = configFor(options, edge)
  const seen = look(config, edge.host, { force: false })
  const all = statuses(config, seen)
  const { reportSkew } = await import('../../run/server.ts')
  const skew = await reportSkew(config, edge.host, seen.memory.server?.version)
  if (options.json) return printJson(edge.stdout, { ...statusJson(all, seen), skew: skew.lines })
  const color = paint(takesEscapes(edge.stdout, edge))
  printLines(edge.stdout, [
    ...interruptedLines(seen),
    ...table(all, seen.nowMs, color),
    ...all.flatMap(remarks),
    ...skewLines(skew),
    ...(seen.memory.server ? describeRetest(seen.memory.server) : []),
  ])
}

function table(all: readonly MaterialStatus[], nowMs: number, color: Paint): string[] {
  const width = Math.max(8, ...all.map(({ id }) => id.length))
  const header = `${'MATERIAL'.padEnd(width)}  ISSUED   INSTALL  LOADED   SERVED   EXPIRES   RENEWS`
  return [header, ...all.map((one) => row(one, width, nowMs, color))]
}

function row(one: MaterialStatus, width: number, nowMs: number, color: Paint): string {
  const rungs = [one.issued, one.installed, one.loaded, one.served].map((rung) => cell(rung, color))
  return [one.id.padEnd(width), ...rungs, span(one.notAfterMs, nowMs).padEnd(8), span(one.dueAtMs, nowMs)]
    .join('  ')
    .trimEnd()
}

const WORDS: Record<Rung['state'], string> = { yes: 'yes', no: 'NO', unknown: 'unknown', off: '-' }

function cell({ state }: Rung, color: Paint): string {
  const text = WORDS[state].padEnd(7)
  return state === 'yes' ? color.green(text) : state === 'no' ? color.red(text) : text
}

function span(ms: number | undefined, nowMs: number): string {
  if (ms === undefined) return '-'
  return ms >= nowMs ? formatDuration(ms - nowMs) : `-${formatDuration(nowMs - ms)}`
}

/** Why a rung is not reached, and what comes next where that is anything but waiting. */
function remarks({
  id,
  issued,
  installed,
  loaded,
  served,
  verified,
  next,
  failure,
}: MaterialStatus): string[] {
  const missing = Object.entries({ issued, installed, loaded, served }).filter(
    ([, { state }]) => state === 'no' || state === 'unknown',
  )
  return [
    ...missing.map(([rung, { message }]) => `${id}: not ${rung}: ${message}`),
    ...(verified.state === 'no' ? [`${id}: not verified: ${verified.message}`] : []),
    ...(next.action === 'keep' && next.reason === 'current'
      ? []
      : [`${id}: next: ${next.action}: ${next.reason}: ${next.message}`]),
    ...(failure
      ? [`${id}: tries failed: ${failure.count}, last at ${formatMoment(failure.atMs)}: ${failure.message}`]
      : []),
  ]
}

export function skewLines({ server, lines }: SkewReport): string[] {
  const head = `server ${server ?? 'unknown: no run has seen it yet'}`
  return [
    '',
    head,
    ...lines.map(({ subject, version, verdict, message }) => `${subject} ${version}: ${verdict}: ${message}`),
  ]
}
