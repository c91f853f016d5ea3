import { checkpointPayload } from '../../core/ledger/checkpoint.ts'
import type { CheckpointEntry, EntryPlace } from '../../core/ledger/entry.ts'
import type { Identity } from '../../core/material.ts'
import type { ParsedCertificate } from '../../x509/certificate-facts.ts'
import { parseOne } from '../../x509/certificates.ts'
import { authoritiesAbove } from '../../x509/chain.ts'
import { signJws } from '../../x509/jws.ts'
import type { RunContext } from '../context.ts'
import { readParts } from '../observing/observe.ts'

type Signers = Pick<RunContext, 'config' | 'host' | 'issued'>

/**
 * Signs everything up to this place with the first identity whose pair on disk is whole and in its time: after a rotation that
 * is the new one. Undefined when there is none: then the entries stand unsigned until the next run that has one.
 */
export function makeCheckpoint(place: EntryPlace, signers: Signers): CheckpointEntry | undefined {
  for (const identity of signers.config.materials.filter((material) => material.kind === 'identity')) {
    const jws = signAs(identity, checkpointPayload(place, identity.id), signers)
    if (jws !== undefined) return { kind: 'checkpoint', identity: identity.id, jws }
  }
  return undefined
}

function signAs(identity: Identity, payload: string, { host, issued }: Signers): string | undefined {
  const nowMs = host.clock()
  try {
    const parts = readParts(identity, host, nowMs)
    if (!parts) return undefined
    const leaf = parseOne(parts.leafPem)
    if (nowMs < leaf.facts.notBeforeMs || nowMs >= leaf.facts.notAfterMs) return undefined
    const sent = [...parts.chainPems, ...[...issued.values()].flatMap(({ parts }) => parts.chainPems)]
    return signJws(payload, parts.keyPem, [leaf, ...intermediatesOf(leaf, sent)])
  } catch {
    // A pair that cannot sign is told where it matters: at its login, and in its rungs.
    return undefined
  }
}

/** Where the identity's own files hold none, what was issued in this run often has the same issuer. */
function intermediatesOf(leaf: ParsedCertificate, pems: readonly string[]): ParsedCertificate[] {
  return authoritiesAbove(
    leaf,
    [...new Set(pems)].map((pem) => parseOne(pem)),
  )
}
