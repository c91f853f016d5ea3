/** Which hosts of a fleet know which versions of a keyset that they share: what their own signed cards say. */
import { forEachBounded } from '../../core/concurrency.ts'
import { cardPath } from '../../core/fleet/card.ts'
import { type CardFinding, isVerified, judgeCard, type ReadCard } from '../../core/fleet/judge-card.ts'
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
 * proved to be its host's tells of nothing that is known, and its host is waited for all the same: to pass over it would break what
 * it verifies. An old card counts: what was known is known.
 */
export async function knowersElsewhere(keyset: SharedKeyset, context: RunContext): Promise<Knower[]> {
  const { fleet } = context.config
  const told = fleet ? await readCards(keyset, fleet, context) : new Map<string, Knower>()
  for (const name of keyset.store.hosts) if (!told.has(name)) told.set(name, { name, knows: [] })
  if (fleet?.card) told.delete(fleet.card.name)
  return [...told.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

async function readCards(
  keyset: SharedKeyset,
  fleet: FleetConfig,
  context: RunContext,
): Promise<Map<string, Knower>> {
  const session = sessionOf(context, keyset.store.identity)
  const signed = cardReader(anchorsOf(fleet, context.host))
  const rules = { trustDomain: fleet.trustDomain, nowMs: context.host.clock() }
  const place = keysetPlace(keyset.store)
  const told = new Map<string, Knower>()
  const names = await listCards(session, fleet)
  await forEachBounded(names, context.config.renewal.concurrency, async (name) => {
    const stored = await session.read(`${fleet.kvMount}/data/${cardPath(fleet, { name })}`)
    // What was deleted is no card; who did it has taken its host away.
    if (!stored) return
    const read = signed(Object(stored.data).card as unknown)
    const knower = knowerOf(name, read, judgeCard({ name, signed: read }, rules), place)
    if (knower) told.set(name, knower)
  })
  return told
}

/** Undefined for a host that has nothing to do with the keyset; one whose card cannot be read may have. */
function knowerOf(
  name: string,
  read: ReadCard['signed'],
  findings: readonly CardFinding[],
  place: string,
): Knower | undefined {
  const said = 'fault' in read ? undefined : read.card.keysets?.find(({ at }) => at === place)
  if (!('fault' in read) && !said) return undefined
  const [first] = findings
  if (said && isVerified(findings)) return { name, knows: said.knows }
  return { name: `${name} (its card is not proved: ${first?.message ?? 'unknown'})`, knows: [] }
}
