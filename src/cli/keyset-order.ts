/** How an order to a keyset is shown, refused, or given. */
import type { Command } from 'commander'
import type { HostConfig } from '../core/host-config.ts'
import { asSeen } from '../core/keysets/as-seen.ts'
import {
  asksFirst,
  consequencesText,
  mustBeAgreed,
  mustBeDone,
  previewOrder,
} from '../core/keysets/judge-order.ts'
import type { AskedOrder, KeysetOrder } from '../core/keysets/order.ts'
import { isKeyset, isShared, type Keyset } from '../core/material.ts'
import { selectOne } from '../core/select.ts'
import { interruptedLines, look } from '../run/observing/look.ts'
import { openMemory } from '../run/recording/memory-store.ts'
import { type Edge, printJson, printLines } from './edge.ts'
import { addLogOption, type RunOptions, reporterFor } from './log-form.ts'
import { resultJson } from './result-json.ts'
import { configFor, newVerb, type VerbTexts } from './verb.ts'

export interface OrderOptions extends RunOptions {
  readonly plan?: boolean
  readonly yes?: boolean
  readonly wait?: boolean
}

export const KEYSET_NAME = 'NAME, or keyset/NAME'

/** A verb that acts on one keyset. */
export function newOrderVerb(keyset: Command, texts: VerbTexts): Command {
  const verb = newVerb(keyset, texts)
    .argument('<name>', KEYSET_NAME)
    .option('--plan', 'show what would be done, and change nothing')
    .option('--wait', 'wait for another run to end, as long as a run may last')
  return addLogOption(verb)
}

export const AGREE = 'agree to what breaks by it'
export const ORDER_EXITS = 'see keyroller --help; 2 refused, or --yes is missing; 75 a run holds the lock'

/** Resolves to the exit code. Without an order what is due is done. Throws `order-refused` with nothing done. */
export async function giveOrder(
  name: string,
  order: KeysetOrder | undefined,
  options: OrderOptions,
  edge: Edge,
): Promise<number> {
  const config = configFor(options, edge)
  const keyset = selectOne(name, config.materials.filter(isKeyset))
  const asked = order && askedOf(order, keyset, config, options)
  if (options.plan) return showOrder(config, keyset, asked, options, edge)
  if (asked) refuseEarly(config, keyset, asked, edge)
  const { orderRun } = await import('../run/order.ts')
  const { host, signal } = edge
  const listener = await reporterFor(options, edge)
  const lockWaitMs = options.wait ? config.renewal.runTimeoutMs : 0
  const request = { config, host, signal, listener, lockWaitMs, keyset }
  const result = await orderRun({ ...request, ...(asked ? { asked } : {}) })
  if (options.json) printJson(edge.stdout, resultJson(result))
  return result.exit
}

/** What is shown of a rotation is what is done. */
function askedOf(
  order: KeysetOrder,
  { id }: Keyset,
  { stateDir }: HostConfig,
  { yes = false }: OrderOptions,
): AskedOrder {
  const seen = openMemory(stateDir).current().materials[id]?.keyset?.document
  return { order: asSeen(order, seen), isAgreed: yes }
}

/** A shared keyset may have gone on since it was seen here: only the run can tell what is to be refused. */
function refuseEarly({ stateDir }: HostConfig, keyset: Keyset, asked: AskedOrder, { host }: Edge): void {
  const answer = previewOrder(keyset, asked.order, openMemory(stateDir).current(), host.clock())
  if (!answer || (answer.kind === 'refused' && isShared(keyset))) return
  mustBeAgreed(keyset, asked, mustBeDone(answer))
}

async function showOrder(
  config: HostConfig,
  keyset: Keyset,
  asked: AskedOrder | undefined,
  { json }: OrderOptions,
  { host, stdout }: Edge,
): Promise<number> {
  const [{ orderOptions }, { planJson, planLines }] = await Promise.all([
    import('../run/order.ts'),
    import('./verbs/plan.ts'),
  ])
  const seen = look(config, host, orderOptions({ keyset, ...(asked ? { asked } : {}) }))
  const answer = asked && previewOrder(keyset, asked.order, seen.memory, seen.nowMs)
  const consequences = answer ? mustBeDone(answer).consequences : []
  const mustAgree = asked !== undefined && !asked.isAgreed && asksFirst(asked.order, consequences)
  if (json) printJson(stdout, { ...planJson(seen, []), consequences, mustAgree })
  else
    printLines(stdout, [
      ...interruptedLines(seen),
      ...planLines(seen.plan, []),
      ...consequencesText(consequences).map((line) => `WARN   ${line}`),
      ...(mustAgree ? ['it is done with --yes only'] : []),
    ])
  return 0
}
