import { formatMoment } from '../../core/duration.ts'
import type { HostConfig } from '../../core/host-config.ts'
import { isPaired, type Paired } from '../../core/material.ts'
import { selectOne } from '../../core/select.ts'
import type { KeptLine, KeptList } from '../../run/previous/list-kept.ts'
import { type Edge, printJson, printLines } from '../edge.ts'
import { addLogOption, type RunOptions, reporterFor } from '../log-form.ts'
import { resultJson } from '../result-json.ts'
import { type AddVerb, configFor, newVerb } from '../verb.ts'

interface RollbackVerbOptions extends RunOptions {
  readonly to?: string
  readonly list?: boolean
  readonly wait?: boolean
}

export const addRollback: AddVerb = (program, edge, finish) => {
  const verb = newVerb(program, {
    name: 'rollback',
    summary: 'install again what was kept of a material, and stay with it until told otherwise',
    example: 'keyroller rollback certificate/web',
    exits: 'see keyroller --help; 2 nothing is kept; 7 what is kept cannot be used; 75 a run holds the lock',
  })
    .argument('<name>', 'one material: NAME, identity/NAME or certificate/NAME')
    .option('--to <serial>', 'this certificate; default: the one before what is installed')
    .option('--list', 'show what is kept, and change nothing')
    .option('--wait', 'wait for another run to end, as long as a run may last')
  addLogOption(verb).action(async (name: string, options: RollbackVerbOptions) => {
    const config = configFor(options, edge)
    const material = selectOne(name, config.materials.filter(isPaired))
    finish(await (options.list ? showKept : runRollback)(config, material, options, edge))
  })
}

async function runRollback(
  config: HostConfig,
  material: Paired,
  options: RollbackVerbOptions,
  edge: Edge,
): Promise<number> {
  const { rollback } = await import('../../run/rollback.ts')
  const { host, signal } = edge
  const listener = await reporterFor(options, edge)
  const to = options.to === undefined ? {} : { to: options.to }
  const lockWaitMs = options.wait ? config.renewal.runTimeoutMs : 0
  const result = await rollback({ config, host, signal, listener, lockWaitMs, material, ...to })
  if (options.json) printJson(edge.stdout, resultJson(result))
  return result.exit
}

async function showKept(
  config: HostConfig,
  material: Paired,
  { json }: RollbackVerbOptions,
  { host, stdout }: Edge,
): Promise<number> {
  const { listKept } = await import('../../run/previous/list-kept.ts')
  const list = listKept(config, host, material)
  if (json) printJson(stdout, listJson(material, list))
  else printLines(stdout, listLines(material, list))
  return 0
}

function listJson({ id }: Paired, { installed, kept }: KeptList) {
  return {
    schema: 1,
    material: id,
    ...(installed ? { installed: certificateJson({ certificate: installed }) } : {}),
    kept: kept.map((line) => ({
      ...certificateJson(line),
      replacedAt: formatMoment(line.keptAtMs),
      removedAt: formatMoment(line.removedAtMs),
      by: line.by,
      ...(line.fault === undefined ? {} : { fault: line.fault }),
    })),
  }
}

function certificateJson({ certificate }: Pick<KeptLine, 'certificate'>) {
  if (!certificate) return {}
  const { serial, notBeforeMs, notAfterMs } = certificate
  return { serial, notBefore: formatMoment(notBeforeMs), notAfter: formatMoment(notAfterMs) }
}

function listLines({ id }: Paired, { installed, kept }: KeptList): string[] {
  const now = installed ? `serial ${installed.serial} is installed` : 'no certificate is installed'
  if (kept.length === 0) return [`${id}: ${now}, nothing is kept`]
  return [`${id}: ${now}, kept are:`, ...kept.flatMap((line) => [`  ${sentence(line)}`])]
}

const WRITERS: Record<KeptLine['by'], string> = {
  keyroller: 'installed by keyroller',
  unknown: "not known to be keyroller's",
  damaged: 'damaged',
}

function sentence({ certificate, keptAtMs, removedAtMs, by, fault }: KeptLine): string {
  const what = certificate
    ? `serial ${certificate.serial}, from ${formatMoment(certificate.notBeforeMs)} until ${formatMoment(certificate.notAfterMs)}`
    : 'no certificate with its key'
  const when = `replaced at ${formatMoment(keptAtMs)}, kept until ${formatMoment(removedAtMs)}`
  return [what, when, fault === undefined ? WRITERS[by] : `${WRITERS[by]}: ${fault}`].join(', ')
}
