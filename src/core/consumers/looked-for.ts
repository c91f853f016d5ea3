import { certificateOf, type MaterialFacts } from '../facts.ts'
import { acceptedText } from '../keysets/knowers.ts'
import type { MaterialMemory } from '../memory.ts'

/** What a client must be served now: the fingerprint of a certificate, or what a keyset has its consumers accept. Undefined of neither. */
export function lookedFor(
  known: Pick<MaterialMemory, 'keyset'> | undefined,
  facts: MaterialFacts | undefined,
): string | undefined {
  return known?.keyset ? acceptedText(known.keyset.document) : certificateOf(facts)?.fingerprint
}
