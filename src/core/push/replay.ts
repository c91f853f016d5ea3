import { formatMoment } from '../duration.ts'
import type { CertificateFacts } from '../facts.ts'
import { isReadable, type KeptSet } from '../kept-set.ts'
import type { Entry } from '../ledger/entry.ts'
import type { MaterialId } from '../material.ts'

/** What this host knows of the certificates that a material had. */
export interface PushHistory {
  readonly material: MaterialId
  /** Undefined when none can be read. */
  readonly installed: CertificateFacts | undefined
  readonly kept: readonly KeptSet[]
  readonly ledger: readonly Entry[]
}

/**
 * Why a pushed certificate would be a step back, or undefined: whoever can replay an old push must not bring back a key that
 * was replaced, perhaps because it had leaked. The installed certificate itself is no step back.
 */
export function findReplay(pushed: CertificateFacts, history: PushHistory): string | undefined {
  const { material, installed, kept, ledger } = history
  const { serial, fingerprint, notBeforeMs } = pushed
  if (fingerprint === installed?.fingerprint) return undefined
  const copy = kept
    .filter(isReadable)
    .find((set) => set.material === material && set.certificate.serial === serial)
  if (copy) return describe(serial, `which was replaced at ${formatMoment(copy.keptAtMs)}`)
  const entry = ledger.find((one) => hasInstalled(one, material, fingerprint))
  if (entry) return describe(serial, `which was installed at ${entry.at} already, as entry ${entry.seq} says`)
  if (!installed || notBeforeMs >= installed.notBeforeMs) return undefined
  const [since, than] = [notBeforeMs, installed.notBeforeMs].map(formatMoment)
  return describe(serial, `valid since ${since}, older than serial ${installed.serial} of ${than}`)
}

/** Only what was done: a set that was judged and could not be written may be pushed again. */
function hasInstalled(entry: Entry, material: MaterialId, fingerprint: string): boolean {
  if (entry.kind !== 'outcome' || entry.result !== 'done') return false
  if (entry.step !== 'install' && entry.step !== 'adopt') return false
  return (entry.certificates ?? []).some(
    (one) => one.material === material && one.fingerprint === fingerprint,
  )
}

function describe(serial: string, found: string): string {
  return `expected a certificate that this host has not had, and no older one, found serial ${serial}, ${found}`
}
