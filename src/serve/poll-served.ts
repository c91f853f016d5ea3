/** Whether a consumer serves the certificate that is installed: the fourth rung. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { CertificateFacts } from '../core/facts.ts'
import { hostPort } from '../core/host-port.ts'
import type { Probe } from '../core/material.ts'
import type { ServeOutcome } from '../core/memory.ts'
import { parseCertificate } from '../x509/certificate-facts.ts'
import type { TrustAnchors } from '../x509/chain.ts'
import { lookOnce, type Sighting } from './tls-probe.ts'

export interface Expectation {
  readonly expected: CertificateFacts
  readonly anchors: TrustAnchors
  readonly signal: AbortSignal
}

export interface Served {
  readonly outcome: ServeOutcome
  readonly message: string
}

const PAUSE_MS = 200
const LONGEST_LOOK_MS = 5000

/**
 * Looks until the certificate is served or the probe's time is over, and says what was seen last. A reload is asynchronous
 * and a restarting proxy resets connections, so everything but success is looked at again.
 */
export async function pollServed(probe: Probe, { expected, anchors, signal }: Expectation): Promise<Served> {
  const endsAt = performance.now() + probe.timeoutMs
  const anchorPems = anchors.certificates.map(({ pem }) => pem)
  for (;;) {
    const leftMs = Math.max(Math.ceil(endsAt - performance.now()), 1)
    const timeoutMs = Math.min(leftMs, LONGEST_LOOK_MS)
    const sighting = await lookOnce({ probe, anchorPems, timeoutMs, signal })
    const served = judgeSighting(sighting, probe, expected)
    const isOver = performance.now() + PAUSE_MS >= endsAt || signal.aborted
    if (served.outcome === 'served' || isOver) return served
    await sleep(PAUSE_MS)
  }
}

/** What a sighting means for the certificate expected. */
export function judgeSighting(sighting: Sighting, probe: Probe, expected: CertificateFacts): Served {
  const where = hostPort(probe)
  if (sighting.kind !== 'certificate')
    return { outcome: sighting.kind, message: `${where}: ${sighting.message}` }
  const { facts } = parseCertificate(sighting.der)
  if (facts.fingerprint !== expected.fingerprint) {
    const sameNames = facts.commonName === expected.commonName
    const outcome =
      sameNames && facts.notBeforeMs <= expected.notBeforeMs ? 'old-certificate' : 'other-certificate'
    const found = `serial ${facts.serial} of ${facts.commonName || 'no name'}`
    return { outcome, message: `${where}: expected serial ${expected.serial} to be served, found ${found}` }
  }
  if (sighting.verifies) return { outcome: 'served', message: `${where} serves serial ${expected.serial}` }
  const fault = sighting.fault ?? 'an unknown fault'
  return {
    outcome: 'chain-incomplete',
    message: `${where}: serial ${expected.serial} is served, but a client finds ${fault}`,
  }
}
