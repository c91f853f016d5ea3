/** Out of what lies in the store: a card, who signed it, and whether that leads to the anchors of the fleet. */

import type { SignedCard } from '../../core/fleet/judge-card.ts'
import { readCard } from '../../core/fleet/read-card.ts'
import type { ParsedCertificate } from '../../x509/certificate-facts.ts'
import { findChainFault, type TrustAnchors } from '../../x509/chain.ts'
import { verifyJws } from '../../x509/jws.ts'

/** A reader of cards against the same anchors; it gives why where there is none to judge. */
export function cardReader(anchors: TrustAnchors) {
  const known = new Map<string, ParsedCertificate>()
  const signed = new Map<string, boolean>()
  return (jws: unknown): SignedCard | { readonly fault: string } => {
    if (typeof jws !== 'string') return { fault: 'expected a signed card, found none' }
    try {
      // A fleet has few authorities and many leaves, none of which is met again.
      if (known.size > MOST_KNOWN) known.clear()
      const { payload, certificates } = verifyJws(jws, known)
      const [leaf, ...above] = certificates
      const card = readCard(payload)
      const distrust = distrustOf(leaf, above, { ...anchors, signed }, Date.parse(card.at))
      const { commonName, uris } = leaf.facts
      return { card, signer: { commonName, uris }, ...(distrust === undefined ? {} : { distrust }) }
    } catch (error) {
      return {
        fault: error instanceof Error ? error.message : 'expected a signed card, found something else',
      }
    }
  }
}

const MOST_KNOWN = 64

/** At the time of the card: one that was signed since with an older certificate is older too, and told to be. */
function distrustOf(
  leaf: ParsedCertificate,
  above: readonly ParsedCertificate[],
  anchors: TrustAnchors,
  atMs: number,
): string | undefined {
  const { notBeforeMs, notAfterMs, serial } = leaf.facts
  if (atMs < notBeforeMs || atMs >= notAfterMs)
    return `expected it signed with a certificate that was valid then, found serial ${serial}`
  // What was proved for one time is not for another.
  const fault = findChainFault(leaf, above, { ...anchors, proved: new Set() }, atMs)
  return fault === undefined ? undefined : `expected its signer to lead to the trust file, found ${fault}`
}
