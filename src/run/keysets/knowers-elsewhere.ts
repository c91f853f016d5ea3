/** Which hosts of a fleet know which versions of a keyset that they share: what their own signed cards say. */
import { forEachBounded } from '../../core/concurrency.ts'
import { cardPath } from '../../core/fleet/card.ts'
import { isVerified, judgeCard } from '../../core/fleet/judge-card.ts'
import type { FleetConfig } from '../../core/host-config.ts'
import { keysetPlace } from '../../core/keysets/card-keysets.ts'
import type { Knower } from '../../core/keysets/gates.ts'
import type { SharedKeyset } from '../../core/material.ts'
import type { RunContext } from '../context.ts'
import { sessionOf } from '../executors/login.ts'
import { anchorsOf } from '../fleet/fleet-anchors.ts'
import { listCards } from '../fleet/list-cards.ts'
import { cardReader } from '../fleet/signed-card.ts'

/**
 * Every host whose card names the keyset, and those that the configuration names; this one is asked itself. A card that is not
 * proved to be its host's says nothing, so a host that is named knows nothing then. An old card counts: what was known is known.
 */
export async function knowersElsewhere(keyset: SharedKeyset, context: RunContext): Promise<Knower[]> {
  const { fleet } = context.config
  const { hosts } = keyset.store
  const knows = fleet ? await readCards(keyset, fleet, context) : new Map<string, readonly number[]>()
  const others = new Set([...knows.keys(), ...hosts])
  if (fleet?.card) others.delete(fleet.card.name)
  return [...others].toSorted().map((name) => ({ name, knows: knows.get(name) ?? [] }))
}

async function readCards(keyset: SharedKeyset, fleet: FleetConfig, context: RunContext) {
  const session = sessionOf(context, keyset.store.identity)
  const signed = cardReader(anchorsOf(fleet, context.host))
  const rules = { trustDomain: fleet.trustDomain, nowMs: context.host.clock() }
  const place = keysetPlace(keyset.store)
  const knows = new Map<string, readonly number[]>()
  const names = await listCards(session, fleet)
  await forEachBounded(names, context.config.renewal.concurrency, async (name) => {
    const stored = await session.read(`${fleet.kvMount}/data/${cardPath(fleet, { name })}`)
    const read = signed(Object(stored?.data).card as unknown)
    if ('fault' in read || !isVerified(judgeCard({ name, signed: read }, rules))) return
    const said = read.card.keysets?.find(({ at }) => at === place)
    if (said) knows.set(name, said.knows)
  })
  return knows
}
