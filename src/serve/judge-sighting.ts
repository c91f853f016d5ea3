/** What a look has seen, held against the certificate that is installed. */

import type { TlsProbe } from '../core/consumers/probe.ts'
import type { Served } from '../core/consumers/served.ts'
import { attest } from '../core/consumers/spiffe.ts'
import type { CertificateFacts } from '../core/facts.ts'
import { parseCertificate } from '../x509/certificate-facts.ts'
import type { Sighting } from './tls-probe.ts'

export interface Judging {
  readonly probe: TlsProbe
  readonly expected: CertificateFacts
  /** Why the look could not be the one configured: no anchors to verify by, no client certificate to present. */
  readonly fallBack?: string
  /** Whether there were anchors to verify by. */
  readonly verifies: boolean
}

type Certificate = Extract<Sighting, { kind: 'certificate' }>

export function judgeSighting(sighting: Sighting, judging: Judging): Served {
  const { probe, expected } = judging
  const where = probe.text
  if (sighting.kind !== 'certificate')
    return { outcome: sighting.kind, message: `${where}: ${sighting.message}` }
  const { facts } = parseCertificate(sighting.der)
  if (facts.fingerprint !== expected.fingerprint) return otherThan(expected, facts, where)
  const serial = `serial ${expected.serial}`
  if (judging.verifies && !sighting.verifies) {
    const fault = sighting.fault ?? 'an unknown fault'
    return {
      outcome: 'chain-incomplete',
      message: `${where}: ${serial} is served, but a client finds ${fault}`,
    }
  }
  const proof = verify(sighting, facts, judging)
  const served = { outcome: 'served', message: `${where} serves ${serial}` } as const
  if (!('fault' in proof)) return { ...served, ...proof }
  const message = `${where}: ${serial} is served, but not verified: ${proof.fault}`
  return probe.strict
    ? { outcome: 'unverified', message }
    : { ...served, unverified: `${where}: ${proof.fault}` }
}

function otherThan(expected: CertificateFacts, facts: CertificateFacts, where: string): Served {
  const sameNames = facts.commonName === expected.commonName
  const outcome =
    sameNames && facts.notBeforeMs <= expected.notBeforeMs ? 'old-certificate' : 'other-certificate'
  const found = `serial ${facts.serial} of ${facts.commonName || 'no name'}`
  return { outcome, message: `${where}: expected serial ${expected.serial} to be served, found ${found}` }
}

/** The peer, where one is asked for. Only a certificate whose chain was verified, in a look as configured, names one. */
function verify(
  { clientFault }: Certificate,
  { uris }: CertificateFacts,
  { probe, fallBack }: Judging,
): { readonly peer?: string } | { readonly fault: string } {
  if (fallBack !== undefined) return { fault: fallBack }
  if (clientFault !== undefined)
    return { fault: `expected the client certificate to be taken, found ${clientFault}` }
  return probe.trustDomain === undefined ? {} : attest(uris, probe.trustDomain)
}
