import { KeyrollerError } from '../../core/errors.ts'
import type { HostConfig } from '../../core/host-config.ts'
import { isPushable, type MaterialId } from '../../core/material.ts'
import { selectMaterials } from '../../core/select.ts'
import { type Edge, printJson } from '../edge.ts'
import { addLogOption, type RunOptions, reporterFor } from '../log-form.ts'
import { resultJson } from '../result-json.ts'
import { type AddVerb, configFor, NAMES, newVerb } from '../verb.ts'

interface AdoptVerbOptions extends RunOptions {
  readonly wait?: boolean
}

export const addAdopt: AddVerb = (program, edge, finish) => {
  const verb = newVerb(program, {
    name: 'adopt',
    summary: 'judge and install what an orchestrator has put into the inboxes of materials',
    example: 'keyroller adopt certificate/web',
    exits:
      'see keyroller --help; 2 a name without an inbox; 7 what was pushed is refused; 75 a run holds the lock',
  })
    .argument('[names...]', `${NAMES}; default: every material with an inbox`)
    .option('--wait', 'wait for another run to end, as long as a run may last')
  addLogOption(verb).action(async (names: readonly string[], options: AdoptVerbOptions) =>
    finish(await runAdopt(names, options, edge)),
  )
}

async function runAdopt(names: readonly string[], options: AdoptVerbOptions, edge: Edge): Promise<number> {
  const config = configFor(options, edge)
  const only = selectPushable(names, config)
  const { adopt } = await import('../../run/adopt.ts')
  const { host, signal } = edge
  const listener = await reporterFor(options, edge)
  const lockWaitMs = options.wait ? config.renewal.runTimeoutMs : 0
  const result = await adopt({ config, host, signal, listener, lockWaitMs, ...(only ? { only } : {}) })
  if (options.json) printJson(edge.stdout, resultJson(result))
  return result.exit
}

/** A name may mean an identity, too, that is none of ours; but one that means nothing with an inbox is a mistake. */
function selectPushable(names: readonly string[], { materials }: HostConfig): Set<MaterialId> | undefined {
  const pushable = new Set(materials.filter(isPushable).map(({ id }) => id))
  for (const name of names) {
    const ids = selectMaterials([name], materials)
    if ([...(ids ?? [])].some((id) => pushable.has(id))) continue
    const found = `${name}, which has none`
    throw new KeyrollerError(
      'usage-invalid',
      `expected the name of a material with an inbox, found ${found}`,
      {
        hint: `set inbox; those that have one: ${[...pushable].join(', ') || 'none'}`,
      },
    )
  }
  return selectMaterials(names, materials)
}
