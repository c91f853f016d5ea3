/** Break-glass: when consumers hold caches that the key in use has not signed, and refuse to start. */

import { KeyrollerError } from '../../core/errors.ts'
import type { HostConfig } from '../../core/host-config.ts'
import { isKeyset, type Keyset } from '../../core/material.ts'
import { planKeysetRecovery } from '../../core/planning/recover-keyset.ts'
import { selectOne } from '../../core/select.ts'
import { type LookResult, look } from '../../run/observing/look.ts'
import { type Edge, printJson, printLines } from '../edge.ts'
import { newOrderVerb, type OrderOptions } from '../keyset-order.ts'
import { reporterFor } from '../log-form.ts'
import { resultJson } from '../result-json.ts'
import { type AddVerb, configFor } from '../verb.ts'
import { planJson, planLines } from './plan.ts'

export const addKeysetRecover: AddVerb = (keyset, edge, finish) => {
  newOrderVerb(keyset, {
    name: 'recover',
    summary:
      'break-glass: see that the control plane answers, remove stale_files, restart the consumers in order',
    example: 'keyroller keyset recover policy --yes',
    exits:
      'see keyroller --help; 2 --yes is missing; 9 the control plane does not answer; 75 a run holds the lock',
  })
    .option('--yes', 'agree to what is removed and restarted')
    .action(async (name: string, options: OrderOptions) => {
      const config = configFor(options, edge)
      const one = selectOne(name, config.materials.filter(isKeyset))
      finish(await (options.plan ? showRecovery : runRecovery)(config, one, options, edge))
    })
}

async function runRecovery(
  config: HostConfig,
  keyset: Keyset,
  options: OrderOptions,
  edge: Edge,
): Promise<number> {
  const { host, signal, stdout } = edge
  if (!options.yes) throw unagreed(keyset, lookAhead(config, keyset, edge))
  const { recoverKeyset } = await import('../../run/recover-keyset.ts')
  const listener = await reporterFor(options, edge)
  const lockWaitMs = options.wait ? config.renewal.runTimeoutMs : 0
  const result = await recoverKeyset({ config, host, signal, listener, lockWaitMs, keyset })
  if (options.json) printJson(stdout, resultJson(result))
  return result.exit
}

function lookAhead(config: HostConfig, keyset: Keyset, { host }: Edge): LookResult {
  const seen = look(config, host, { only: new Set([keyset.id]), force: true })
  return { ...seen, plan: planKeysetRecovery(config, seen.observation, keyset, seen.nowMs) }
}

function unagreed({ id }: Keyset, { plan }: LookResult): KeyrollerError {
  const steps = plan.steps.map(({ message }) => `\n  ${message}`)
  return new KeyrollerError(
    'order-refused',
    `${id}: expected --yes to these steps, found none:${steps.join('')}`,
    {
      hint: 'the same command again, with --yes',
    },
  )
}

async function showRecovery(
  config: HostConfig,
  keyset: Keyset,
  { json }: OrderOptions,
  edge: Edge,
): Promise<number> {
  const seen = lookAhead(config, keyset, edge)
  if (json) printJson(edge.stdout, planJson(seen, []))
  else printLines(edge.stdout, planLines(seen.plan, []))
  return 0
}
