/** The cards of a fleet, read with an operator's token and judged one by one: of any number of them a few are under way at a time. */

import { forEachBounded } from '../../core/concurrency.ts'
import { KeyrollerError } from '../../core/errors.ts'
import type { FleetCard } from '../../core/fleet/card.ts'
import { cardPath } from '../../core/fleet/card.ts'
import { type FleetReport, type HostReport, reportFleet, reportHost } from '../../core/fleet/host-report.ts'
import { type CardRules, isVerified, judgeCard } from '../../core/fleet/judge-card.ts'
import type { FleetConfig, HostConfig } from '../../core/host-config.ts'
import { isCount } from '../../core/shape.ts'
import type { Operator } from '../../vault/operator.ts'
import { type OperatorRequest, withOperator } from '../operator.ts'
import { anchorsOf } from './fleet-anchors.ts'
import { listCards } from './list-cards.ts'
import { cardReader } from './signed-card.ts'

export interface FleetRequest extends OperatorRequest {
  /** Each card is also held against the one before it. */
  readonly withBefore: boolean
  /** What was told of hosts earlier, by name; a host that has no card any more is told too. */
  readonly known: ReadonlyMap<string, FleetCard>
  readonly progress: (read: number, of: number) => void
}

/** Throws `config-invalid` without a `[fleet]`, and what reading from the server throws. */
export async function readFleet(request: FleetRequest): Promise<FleetReport> {
  const { config, host, known, withBefore, progress } = request
  const fleet = fleetOf(config)
  const rules = { trustDomain: fleet.trustDomain, nowMs: host.clock() }
  const signed = cardReader(anchorsOf(fleet, host))
  return withOperator(request, async (operator) => {
    const names = await listCards(operator, fleet)
    const hosts: HostReport[] = []
    await forEachBounded(names, config.renewal.concurrency, async (name) => {
      hosts.push(await readHost(name, { operator, fleet, rules, signed, withBefore, known }))
      progress(hosts.length, names.length)
    })
    return reportFleet([...hosts, ...goneHosts(names, known)])
  })
}

function fleetOf({ fleet }: HostConfig): FleetConfig {
  if (fleet) return fleet
  throw new KeyrollerError('config-invalid', 'expected a [fleet] in the configuration, found none', {
    hint: 'add [fleet], with identity on hosts that are to write a card; see docs/fleet.md',
  })
}

interface Reading extends Pick<FleetRequest, 'withBefore' | 'known'> {
  readonly operator: Operator
  readonly fleet: FleetConfig
  readonly rules: CardRules
  readonly signed: ReturnType<typeof cardReader>
}

async function readHost(name: string, reading: Reading): Promise<HostReport> {
  const { fleet, rules, known } = reading
  const stored = await readStored(name, reading)
  const signed = reading.signed(stored.card)
  const before = await cardBefore(name, stored.version, reading)
  const findings = judgeCard({ name, signed, before, known: known.get(name) }, rules)
  return reportHost(name, 'card' in signed ? signed.card : undefined, findings, fleet.strict)
}

/** Undefined where it is not to be asked for, is gone, or was not this host's. */
async function cardBefore(name: string, version: number, reading: Reading): Promise<FleetCard | undefined> {
  if (!reading.withBefore || version < 2) return undefined
  const signed = reading.signed((await readStored(name, reading, version - 1)).card)
  return 'card' in signed && isVerified(judgeCard({ name, signed }, reading.rules)) ? signed.card : undefined
}

/** What was deleted meanwhile has no card. */
async function readStored(name: string, { operator, fleet }: Reading, version?: number) {
  const which = version === undefined ? '' : `?version=${version}`
  const stored = await operator.read(`${fleet.kvMount}/data/${cardPath(fleet, { name })}${which}`)
  const [data, metadata] = [Object(stored?.data), Object(stored?.metadata)]
  return { card: data.card as unknown, version: isCount(metadata.version) ? Number(metadata.version) : 0 }
}

function goneHosts(names: readonly string[], known: FleetRequest['known']): HostReport[] {
  const there = new Set(names)
  return [...known].flatMap(([name, { at }]): HostReport[] => {
    const message = `expected a card as at ${at}, found none`
    return there.has(name) ? [] : [reportHost(name, undefined, [{ reason: 'gone', message }], true)]
  })
}
