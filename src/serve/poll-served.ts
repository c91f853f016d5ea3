/** Whether a consumer serves the certificate that is installed: the fourth rung. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ExecProbe, Probe, TlsProbe } from '../core/consumers/probe.ts'
import type { Served } from '../core/consumers/served.ts'
import type { FaultRecord } from '../core/errors.ts'
import type { CertificateFacts } from '../core/facts.ts'
import type { TrustAnchors } from '../x509/chain.ts'
import { askProgram, type ExecLook } from './exec-probe.ts'
import { judgeSighting } from './judge-sighting.ts'
import { type ClientPair, lookOnce } from './tls-probe.ts'

export interface Expectation {
  readonly expected: CertificateFacts
  /** With a fault nothing can be verified: the certificate is compared by its fingerprint, and that is said. */
  readonly anchors: TrustAnchors | Unusable
  /** What the probe presents, where it is configured to. */
  readonly client?: ClientPair | Unusable
  /** What a program is told beside serial and fingerprint. */
  readonly environment: Readonly<Record<string, string>>
  readonly signal: AbortSignal
}

export interface Unusable {
  readonly fault: Pick<FaultRecord, 'message'>
}

const PAUSE_MS = 200
const LONGEST_LOOK_MS = 5000
/** A look cut shorter at the end of the time would say silence where there is an answer. */
const SHORTEST_LOOK_MS = 1000

/**
 * Looks until the certificate is served or the probe's time is over, and says what was seen last. A reload is asynchronous
 * and a restarting proxy resets connections, so everything but success is looked at again.
 */
export function pollServed(probe: Probe, expectation: Expectation): Promise<Served> {
  return poll(probe, expectation.signal, (leftMs) => look(probe, expectation, leftMs))
}

/** The same of a program that is asked for something else than a certificate. */
export function pollProgram(probe: ExecProbe, asked: Omit<ExecLook, 'timeoutMs'>): Promise<Served> {
  return poll(probe, asked.signal, (timeoutMs) => askProgram(probe, { ...asked, timeoutMs }))
}

async function poll(
  probe: Probe,
  signal: AbortSignal,
  lookAgain: (leftMs: number) => Promise<Served>,
): Promise<Served> {
  const endsAt = performance.now() + probe.timeoutMs
  for (;;) {
    const leftMs = Math.max(Math.ceil(endsAt - performance.now()), SHORTEST_LOOK_MS)
    const served = await lookAgain(leftMs)
    const isOver = performance.now() + PAUSE_MS >= endsAt || signal.aborted
    if (served.outcome === 'served' || isOver) return served
    await sleep(PAUSE_MS)
  }
}

/** A program bounds its own looks; nobody knows how long one takes. */
function look(probe: Probe, expectation: Expectation, leftMs: number): Promise<Served> {
  switch (probe.kind) {
    case 'exec':
      return askProgram(probe, { ...asked(expectation), timeoutMs: leftMs })
    case 'tls':
      return lookAsClient(probe, expectation, Math.min(leftMs, LONGEST_LOOK_MS))
  }
}

function asked({ expected, environment, signal }: Expectation): Omit<ExecLook, 'timeoutMs'> {
  const { serial, fingerprint } = expected
  const known = { ...environment, KEYROLLER_SERIAL: serial, KEYROLLER_FINGERPRINT: fingerprint }
  return { environment: known, says: `serial ${serial} is served`, signal }
}

async function lookAsClient(
  probe: TlsProbe,
  { expected, anchors, client, signal }: Expectation,
  timeoutMs: number,
): Promise<Served> {
  const verifies = !('fault' in anchors)
  const sighting = await lookOnce({
    probe,
    anchorPems: verifies ? anchors.certificates.map(({ pem }) => pem) : [],
    ...(client && !('fault' in client) ? { client } : {}),
    timeoutMs,
    signal,
  })
  const fallBack = findFallBack(anchors, client)
  return judgeSighting(sighting, {
    probe,
    expected,
    verifies,
    ...(fallBack === undefined ? {} : { fallBack }),
  })
}

function findFallBack(
  ...parts: readonly (Expectation['anchors'] | Expectation['client'])[]
): string | undefined {
  const faults = parts.flatMap((part) => (part && 'fault' in part ? [part.fault.message] : []))
  return faults.length === 0 ? undefined : faults.join('; ')
}
