import type { FleetConfig } from '../../core/host-config.ts'
import type { Operator } from '../../vault/operator.ts'

/** The names of all cards of a fleet. They may have folders in them, as the paths of SPIFFE IDs do. */
export async function listCards(
  reader: Pick<Operator, 'list'>,
  fleet: Pick<FleetConfig, 'kvMount' | 'path'>,
  folder = '',
): Promise<string[]> {
  const names = await reader.list(`${fleet.kvMount}/metadata/${fleet.path}/${folder}`.replace(/\/$/, ''))
  const cards: string[] = []
  for (const name of names.map((one) => `${folder}${one}`)) {
    if (!name.endsWith('/')) cards.push(name)
    else if (name.split('/').length <= MOST_FOLDERS) cards.push(...(await listCards(reader, fleet, name)))
  }
  return cards
}

const MOST_FOLDERS = 8
