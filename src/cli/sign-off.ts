/** The list of `keyroller doctor --sign-off`, in a form that goes into a ticket as it is. */
import type { DoctorFacts } from '../core/doctor/facts.ts'
import type { Finding } from '../core/doctor/finding.ts'
import { type SignOffItem, signOffList } from '../core/doctor/sign-off.ts'
import { formatMoment } from '../core/duration.ts'
import { EXIT_CODES } from '../core/exit-codes.ts'
import { paint } from '../report/paint.ts'
import { type CommonOptions, type Edge, printJson, printLines, takesEscapes } from './edge.ts'

/** Resolves to the exit code: 0 when nothing is open. */
export async function printSignOff(
  findings: readonly Finding[],
  facts: DoctorFacts,
  { json }: CommonOptions,
  edge: Edge,
): Promise<number> {
  const items = signOffList(findings, await prove(facts, edge), facts.host?.statuses ?? [])
  const open = items.filter(({ done }) => !done).length
  const at = formatMoment(facts.nowMs)
  const { hostId, version } = edge.host
  if (json) printJson(edge.stdout, { schema: 1, host: hostId, version, at, ready: open === 0, items })
  else
    printLines(edge.stdout, [
      `sign-off of host ${hostId}, keyroller ${version}, ${at}`,
      ...items.flatMap((item) => linesOf(item, edge)),
      open === 0 ? 'operator-ready' : `not operator-ready: ${open} open`,
    ])
  return open === 0 ? 0 : EXIT_CODES.verify.code
}

/** Without a configuration there is nothing to prove. */
async function prove({ host: facts }: DoctorFacts, { host, signal }: Edge) {
  if (!facts) return []
  const { verify } = await import('../run/verify.ts')
  return verify(facts.config, host, undefined, signal)
}

function linesOf({ done, text, fix }: SignOffItem, edge: Edge): string[] {
  const { green, red } = paint(takesEscapes(edge.stdout, edge))
  const head = `${done ? green('[x]') : red('[ ]')} ${text}`
  return fix === undefined ? [head] : [head, `    fix: ${fix}`]
}
