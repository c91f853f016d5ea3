/** What a host says is signed with the key of an identity, so that a verifier needs only the authority. */
import type { Identity } from '../core/material.ts'
import { parseOne } from '../x509/certificates.ts'
import { authoritiesAbove } from '../x509/chain.ts'
import { signJws } from '../x509/jws.ts'
import type { Host } from './host.ts'
import { readParts } from './observing/observe.ts'

/**
 * A JWS of an identity whose pair on disk is whole and in its time; undefined where it is not: a pair that cannot sign is told
 * where it matters, at its login and in its rungs. `others` are authorities met elsewhere, as PEM: the identity's own files
 * may hold none.
 */
export function signAs(
  identity: Identity,
  payload: string,
  host: Host,
  others: readonly string[],
): string | undefined {
  const nowMs = host.clock()
  try {
    const parts = readParts(identity, host, nowMs)
    if (!parts) return undefined
    const leaf = parseOne(parts.leafPem)
    if (nowMs < leaf.facts.notBeforeMs || nowMs >= leaf.facts.notAfterMs) return undefined
    const sent = [...new Set([...parts.chainPems, ...others])].map((pem) => parseOne(pem))
    return signJws(payload, parts.keyPem, [leaf, ...authoritiesAbove(leaf, sent)])
  } catch {
    return undefined
  }
}
