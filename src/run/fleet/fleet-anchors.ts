import { KeyrollerError } from '../../core/errors.ts'
import type { FleetConfig } from '../../core/host-config.ts'
import type { TrustAnchors } from '../../x509/chain.ts'
import type { Host } from '../host.ts'
import { openTrustStore } from '../observing/trust-store.ts'

/** What the signers of cards lead to. Throws for a file that is missing or not to be trusted. */
export function anchorsOf({ trustFile }: FleetConfig, { uid }: Host): TrustAnchors {
  const anchors = openTrustStore(uid)(trustFile)
  if (!('fault' in anchors)) return anchors
  const { code, message, hint } = anchors.fault
  throw new KeyrollerError(code, message, { hint })
}
