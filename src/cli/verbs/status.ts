import { formatMoment } from '../../core/duration.ts'
import type { HostConfig } from '../../core/host-config.ts'
import { describeRetest } from '../../core/planning/retest.ts'
import type { MaterialStatus } from '../../core/status/rungs.ts'
import { paint } from '../../report/paint.ts'
import { interruptedLines, look } from '../../run/observing/look.ts'
import { readHistory } from '../../run/recording/history-file.ts'
import { openMemory } from '../../run/recording/memory-store.ts'
import type { SkewReport } from '../../run/server.ts'
import { statuses, statusJson } from '../../run/statuses.ts'
import { type CommonOptions, type Edge, printJson, printLines, takesEscapes } from '../edge.ts'
import { statusTable } from '../status-table.ts'
import { type AddVerb, configFor, newVerb } from '../verb.ts'
import { watch } from '../watch.ts'

interface StatusOptions extends CommonOptions {
  readonly watch?: boolean
}

export const addStatus: AddVerb = (program, edge, finish) => {
  newVerb(program, {
    name: 'status',
    summary: 'what is issued, installed, loaded and served; asks nobody, changes nothing',
    example: 'keyroller status --json',
    exits: '3 configuration. What is wrong with a material is told, not an exit code: see keyroller check',
  })
    .option('--watch', 'again every two seconds, until interrupted; with --json a line for every change')
    .action(async (options: StatusOptions) => {
      await showStatus(options, edge)
      finish(0)
    })
}

/** Agents are asked for their versions once, however long somebody watches. */
async function showStatus(options: StatusOptions, edge: Edge): Promise<void> {
  const config = configFor(options, edge)
  const { reportSkew } = await import('../../run/server.ts')
  const { server } = openMemory(config.stateDir).current()
  const skew = await reportSkew(config, edge.host, server?.version)
  if (options.watch && options.json)
    return watch(edge, () => [JSON.stringify(statusObject(config, skew, edge))], { sameAs: withoutMoment })
  if (options.watch) return watch(edge, () => statusLines(config, skew, edge))
  if (options.json) printJson(edge.stdout, statusObject(config, skew, edge))
  else printLines(edge.stdout, statusLines(config, skew, edge))
}

function statusObject(config: HostConfig, skew: SkewReport, { host }: Edge): object {
  const seen = look(config, host, { force: false })
  return { ...statusJson(statuses(config, seen), seen, readHistory(config.stateDir)), skew: skew.lines }
}

/** What differs in the moment of the look alone is the same. */
function withoutMoment([line = '']: readonly string[]): string {
  return JSON.stringify({ ...JSON.parse(line), at: undefined })
}

function statusLines(config: HostConfig, skew: SkewReport, edge: Edge): string[] {
  const seen = look(config, edge.host, { force: false })
  const all = statuses(config, seen)
  const { stdout } = edge
  const color = paint(takesEscapes(stdout, edge))
  return [
    ...interruptedLines(seen),
    ...statusTable(all, seen.nowMs, color, stdout.isTTY ? stdout.columns : undefined),
    ...all.flatMap(remarks),
    ...skewLines(skew),
    ...(seen.memory.server ? describeRetest(seen.memory.server) : []),
  ]
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
