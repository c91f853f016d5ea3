/** Whether a value read from disk has the shape of the memory, down to the last field: a plan must not stumble over it. */

import { SERVE_OUTCOMES } from './consumers/served.ts'
import { FAULTS, type FaultRecord } from './errors.ts'
import { isKeysetDocument } from './keysets/document.ts'
import type { LedgerHead } from './ledger/head.ts'
import { MATERIAL_KINDS } from './material.ts'
import {
  type BundleMemory,
  type FailureMemory,
  type IssuedMemory,
  type KeysetHold,
  type KeysetMemory,
  type LedgerMemory,
  type MaterialMemory,
  MEMORY_SCHEMA,
  type OwedReload,
  RETEST_CHECKS,
  type RetestLine,
  type RetestMemory,
  type RevocationMemory,
  type RunMemory,
  type SecretMemory,
  type ServedMemory,
  type ServerMemory,
} from './memory.ts'
import { type EscalationMemory, LADDER } from './planning/ladder.ts'
import { type Guard, isCount, isMoment, isText, listOf, mapOf, matching, optional, shape } from './shape.ts'

export const isMaterialId: Guard = matching(new RegExp(`^(?:${MATERIAL_KINDS.join('|')})/.`))

export const isIssuedMemory: Guard = shape<IssuedMemory>({
  serial: isText,
  fingerprint: isText,
  notAfterMs: isMoment,
  atMs: isMoment,
  requestShape: optional(isText),
  rolledBackFrom: optional(isText),
  rolledBackWhy: optional(isText),
})

export const isOwedReload: Guard = shape<OwedReload>({
  target: isText,
  materials: listOf(isMaterialId),
  sinceMs: isMoment,
  attempts: isCount,
  atMs: optional(isMoment),
  retryAtMs: optional(isMoment),
  members: optional(listOf(isText)),
  message: optional(isText),
})

const faultShape = {
  code: (value: unknown) => Object.keys(FAULTS).includes(String(value)),
  message: isText,
  hint: isText,
}

const isFailure: Guard = shape<FailureMemory>({
  ...faultShape,
  count: isCount,
  atMs: isMoment,
  retryAtMs: isMoment,
})

const isServed: Guard = shape<ServedMemory>({
  fingerprint: isText,
  outcome: (value) => SERVE_OUTCOMES.some((outcome) => outcome === value),
  message: isText,
  unverified: optional(isText),
  peer: optional(isText),
  atMs: isMoment,
})

const isEscalation: Guard = shape<EscalationMemory>({
  fingerprint: isText,
  tried: listOf((value) => LADDER.some((rung) => rung === value)),
})

const isBundle: Guard = shape<BundleMemory>({
  atMs: isMoment,
  authorities: listOf(isText),
  keepUntil: mapOf(isMoment),
})

const isRevocation: Guard = shape<RevocationMemory>({
  fingerprint: isText,
  atMs: isMoment,
  revokedAtMs: optional(isMoment),
  fault: optional(shape<FaultRecord>(faultShape)),
})

const isSecret: Guard = shape<SecretMemory>({
  atMs: isMoment,
  version: isCount,
  shape: isText,
  stamps: mapOf(isText),
})

const isKeyset: Guard = shape<KeysetMemory>({
  atMs: isMoment,
  document: isKeysetDocument,
  shape: isText,
  stamps: mapOf(isText),
  held: optional(
    shape<KeysetHold>({ reason: isText, message: isText, sinceMs: isMoment, dueAtMs: isMoment }),
  ),
  orderedMs: optional(isMoment),
  sweptBelow: optional(isCount),
})

const isRetest: Guard = shape<RetestMemory>({
  atMs: isMoment,
  from: isText,
  lines: listOf(
    shape<RetestLine>({
      subject: isMaterialId,
      check: (value) => RETEST_CHECKS.some((check) => check === value),
      fault: optional(shape<FaultRecord>(faultShape)),
    }),
  ),
})

const isLedger: Guard = shape<LedgerMemory>({
  head: optional(shape<LedgerHead>({ seq: isCount, hash: isText })),
  gap: optional(
    shape<NonNullable<LedgerMemory['gap']>>({ sinceMs: isMoment, entries: isCount, message: isText }),
  ),
})

const isMemory: Guard = shape<RunMemory>({
  schema: (value) => value === MEMORY_SCHEMA,
  materials: mapOf(
    shape<MaterialMemory>({
      issued: optional(isIssuedMemory),
      failure: optional(isFailure),
      served: optional(isServed),
      escalation: optional(isEscalation),
      widenedAtMs: optional(isMoment),
      revocation: optional(isRevocation),
      bundle: optional(isBundle),
      secret: optional(isSecret),
      keyset: optional(isKeyset),
    }),
  ),
  owed: listOf(isOwedReload),
  server: optional(shape<ServerMemory>({ version: isText, atMs: isMoment, retest: optional(isRetest) })),
  ledger: optional(isLedger),
})

export function isRunMemory(value: unknown): value is RunMemory {
  return isMemory(value)
}
