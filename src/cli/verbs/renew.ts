import { selectMaterials } from '../../core/select.ts'
import { renew, takeFirstLook } from '../../run/renew.ts'
import { type Edge, printJson } from '../edge.ts'
import { addLogOption, type RunOptions, reporterFor } from '../log-form.ts'
import { resultJson } from '../result-json.ts'
import { type AddVerb, configFor, NAMES, newVerb } from '../verb.ts'

interface RenewVerbOptions extends RunOptions {
  readonly now?: boolean
  readonly wait?: boolean
}

export const addRenew: AddVerb = (program, edge, finish) => {
  const verb = newVerb(program, {
    name: 'renew',
    summary: 'renew what is due, tell whom it concerns, see that it is served',
    example: 'keyroller renew --now certificate/web',
    exits: 'see keyroller --help; 75 another run holds the lock',
  })
    .argument('[name...]', `only these materials: ${NAMES}`)
    .option('--now', 'although it is not due, and in spite of backoff')
    .option('--wait', 'wait for another run to end, as long as a run may last')
  addLogOption(verb).action(async (names: string[], options: RenewVerbOptions) =>
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
  const listener = await reporterFor(options, edge, first.kind)
  const result = await renew({ ...asked, listener }, first)
  if (options.json) printJson(edge.stdout, resultJson(result))
  return result.exit
}
