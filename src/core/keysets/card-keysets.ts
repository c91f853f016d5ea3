import type { CardKeyset } from '../fleet/card.ts'
import { isShared, type Material, type SharedStore } from '../material.ts'
import type { RunMemory } from '../memory.ts'
import { acceptedOf, knowersHere } from './knowers.ts'

/** What the card of a host says of the keysets that it shares: what all of its consumers know, and nothing while one of them does not. */
export function cardKeysets(materials: readonly Material[], memory: RunMemory): CardKeyset[] {
  return materials.flatMap((material): CardKeyset[] => {
    if (material.kind !== 'keyset' || !isShared(material)) return []
    const known = memory.materials[material.id]?.keyset
    const installed = known ? acceptedOf(known.document).map(({ number }) => number) : []
    const knowers = knowersHere(material, memory)
    const knows = installed.filter((number) => knowers.every((one) => one.knows.includes(number)))
    return [{ at: keysetPlace(material.store), knows }]
  })
}

/** What a keyset is called among hosts, whatever each of them calls it. */
export function keysetPlace({ kvMount, path }: SharedStore): string {
  return `${kvMount}/${path}`
}
