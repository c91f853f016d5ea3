import { InvalidArgumentError } from 'commander'
import { formatDuration, formatMoment } from '../../core/duration.ts'
import type { RunResult } from '../../core/run-events.ts'
import { selectMaterials } from '../../core/select.ts'
import { type LogForm, openReporter } from '../../report/open-reporter.ts'
import { renew, takeFirstLook } from '../../run/renew.ts'
import { type CommonOptions, type Edge, printJson } from '../edge.ts'
import { type AddVerb, configFor, newVerb } from '../verb.ts'

interface RenewVerbOptions extends CommonOptions {
  readonly now?: boolean
  readonly wait?: boolean
  readonly log: LogForm | 'auto'
}

export const addRenew: AddVerb = (program, edge, finish) => {
  newVerb(program, {
    name: 'renew',
    summary: 'renew what is due, tell whom it concerns, see that it is served',
    example: 'keyroller renew --now certificate/web',
    exits: 'see keyroller --help; 75 another run holds the lock',
  })
    .argument('[name...]', 'only these materials: NAME, identity/NAME or certificate/NAME')
    .option('--now', 'although it is not due, and in spite of backoff')
    .option('--wait', 'wait for another run to end, as long as a run may last')
    .option('--log <form>', 'human, json, or auto: human on a terminal', checkLogForm, 'auto')
    .action(async (names: string[], options: RenewVerbOptions) =>
      finish(await runRenew(names, options, edge)),
    )
}

async function runRenew(names: string[], options: RenewVerbOptions, edge: Edge): Promise<number> {
  const config = configFor(options, edge)
  const only = selectMaterials(names, config.materials)
  const asked = {
    ...{ config, host: edge.host, signal: edge.signal },
    force: options.now ?? false,
    lockWaitMs: options.wait ? config.renewal.runTimeoutMs : 0,
    ...(only ? { only } : {}),
  }
  const first = takeFirstLook(asked)
  const output = options.json ? edge.stderr : edge.stdout
  const listener = await openReporter(logForm(options, edge), output, first.kind)
  const result = await renew({ ...asked, listener }, first)
  if (options.json) printJson(edge.stdout, resultJson(result))
  return result.exit
}

function logForm({ log }: RenewVerbOptions, { stdout }: Edge): LogForm {
  if (log !== 'auto') return log
  return stdout.isTTY ? 'human' : 'json'
}

function resultJson({ plan, outcomes, startedMs, endedMs, serverVersion, exit }: RunResult) {
  return {
    schema: 1,
    exit,
    startedAt: formatMoment(startedMs),
    took: formatDuration(endedMs - startedMs),
    decisions: plan.decisions.map(({ material, kind, reason, message }) => ({
      material,
      action: kind,
      reason,
      message,
    })),
    steps: outcomes.map(({ step, atMs, ...rest }) => ({
      kind: step.kind,
      plan: step.message,
      at: formatMoment(atMs),
      ...rest,
    })),
    ...(serverVersion ? { serverVersion } : {}),
  }
}

function checkLogForm(text: string): LogForm | 'auto' {
  if (text === 'human' || text === 'json' || text === 'auto') return text
  throw new InvalidArgumentError('expected human, json or auto')
}
