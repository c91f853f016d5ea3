import { KeyrollerError } from '../errors.ts'
import type { FleetCard } from './card.ts'
import { readCard } from './read-card.ts'

/** The cards that `keyroller fleet status --json` printed, by host. Throws `config-invalid` when the text is something else. */
export function knownCards(text: string, path: string): Map<string, FleetCard> {
  try {
    const { hosts } = JSON.parse(text) as { readonly hosts: readonly { readonly card?: unknown }[] }
    const cards = hosts.flatMap(({ card }) => (card === undefined ? [] : [readCard(JSON.stringify(card))]))
    return new Map(cards.map((card) => [card.name, card]))
  } catch {
    const message = `${path}: expected what keyroller fleet status --json printed, found something else`
    throw new KeyrollerError('config-invalid', message, { hint: 'keyroller fleet status --json > FILE' })
  }
}
