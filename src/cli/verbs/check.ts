import { type Command, InvalidArgumentError, Option } from 'commander'
import { type FaultRecord, KeyrollerError } from '../../core/errors.ts'
import { selectMaterials } from '../../core/select.ts'
import {
  CHECK_EXITS,
  type CheckResult,
  type CheckThresholds,
  DEFAULT_THRESHOLDS,
  judgeCheck,
} from '../../core/status/check.ts'
import { checkLine, unknownLine } from '../../core/status/check-line.ts'
import { formatThreshold, parseThreshold, type Threshold } from '../../core/status/threshold.ts'
import { look } from '../../run/observing/look.ts'
import { statuses } from '../../run/statuses.ts'
import { type CommonOptions, type Edge, printJson, printLines } from '../edge.ts'
import { type AddVerb, configFor, newVerb } from '../verb.ts'

interface CheckOptions extends CommonOptions, CheckThresholds {}

export const addCheck: AddVerb = (program, edge, finish) => {
  const verb = newVerb(program, {
    name: 'check',
    summary:
      'one line for a monitoring system, by the convention of its plugins; asks nobody, changes nothing',
    example: 'keyroller check --warning 7d --critical 2d',
    exits:
      '1 warning; 2 critical; 3 unknown, also for a mistake in the call or the configuration.\n' +
      '  These are the codes of monitoring plugins, not those of keyroller --help',
  }).argument('[name...]', 'only these materials: NAME, identity/NAME, certificate/NAME, …')
  addThresholds(verb).action((names: string[], options: CheckOptions) => {
    finish(check(names, options, edge))
  })
}

function addThresholds(verb: Command): Command {
  const { warning, critical } = DEFAULT_THRESHOLDS
  return verb
    .addOption(limitOption('--warning', 'warn', warning))
    .addOption(limitOption('--critical', 'alarm', critical))
}

function limitOption(name: string, what: string, standard: Threshold): Option {
  return new Option(
    `${name} <limit>`,
    `${what} when no more than this is left, like 7d, or 25% of the lifetime`,
  )
    .default(standard, formatThreshold(standard))
    .argParser(takeThreshold)
}

function takeThreshold(text: string): Threshold {
  const threshold = parseThreshold(text)
  if (threshold) return threshold
  throw new InvalidArgumentError('expected a duration like 7d, or a share like 25%')
}

/** Facts are those of this moment: neither a status left by a run nor the network is trusted with an alarm. */
function check(names: readonly string[], options: CheckOptions, edge: Edge): number {
  refuseSwapped(options)
  const config = configFor(options, edge)
  const only = selectMaterials(names, config.materials)
  const seen = look(config, edge.host, { force: false, ...(only ? { only } : {}) })
  const result = judgeCheck({
    statuses: statuses(config, seen),
    interrupted: seen.interrupted,
    thresholds: options,
    nowMs: seen.nowMs,
  })
  if (options.json) printJson(edge.stdout, checkJson(result))
  else printLines(edge.stdout, [checkLine(result)])
  return CHECK_EXITS[result.state]
}

function refuseSwapped({ warning, critical }: CheckThresholds): void {
  const isSwapped =
    warning.kind === 'fraction'
      ? critical.kind === 'fraction' && critical.of > warning.of
      : critical.kind === 'remaining' && critical.ms > warning.ms
  if (!isSwapped) return
  const found = `${formatThreshold(critical)} and ${formatThreshold(warning)}`
  throw new KeyrollerError('usage-invalid', `expected --critical to be less than --warning, found ${found}`)
}

function checkJson(result: CheckResult): object {
  const { state, findings, counts, ends } = result
  return {
    schema: 1,
    state,
    exit: CHECK_EXITS[state],
    line: checkLine(result),
    findings,
    counts,
    ends: ends.map(endJson),
  }
}

function endJson({ material, leftMs, warningMs, criticalMs }: CheckResult['ends'][number]): object {
  const inSeconds = (ms: number | undefined) => (ms === undefined ? undefined : Math.floor(ms / 1000))
  return {
    material,
    leftSeconds: inSeconds(leftMs),
    warningSeconds: inSeconds(warningMs),
    criticalSeconds: inSeconds(criticalMs),
  }
}

/** What keeps the check from answering is, to a monitoring system, an answer of its own: unknown, on standard output. */
export function tellUnknown(fault: FaultRecord, json: boolean, { stdout }: Edge): number {
  const exit = CHECK_EXITS.unknown
  if (json) printJson(stdout, { schema: 1, state: 'unknown', exit, error: fault })
  else printLines(stdout, [unknownLine(`${fault.message}, hint: ${fault.hint}`)])
  return exit
}
