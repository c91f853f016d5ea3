/** Every verb, in the order of the help. */
import type { AddVerb } from './verb.ts'
import { addAdopt } from './verbs/adopt.ts'
import { addCheck } from './verbs/check.ts'
import { addConfig } from './verbs/config.ts'
import { addDeliver } from './verbs/deliver.ts'
import { addDoctor } from './verbs/doctor.ts'
import { addEnroll } from './verbs/enroll.ts'
import { addFleet } from './verbs/fleet.ts'
import { addKeyset } from './verbs/keyset.ts'
import { addLedger } from './verbs/ledger.ts'
import { addMetrics } from './verbs/metrics.ts'
import { addPlan } from './verbs/plan.ts'
import { addRecover } from './verbs/recover.ts'
import { addRenew } from './verbs/renew.ts'
import { addRevoke } from './verbs/revoke.ts'
import { addRollback } from './verbs/rollback.ts'
import { addSkew } from './verbs/skew.ts'
import { addStatus } from './verbs/status.ts'
import { addVault } from './verbs/vault.ts'
import { addVerify } from './verbs/verify.ts'
import { addVersion } from './verbs/version.ts'

export const VERBS: Readonly<Record<string, AddVerb>> = {
  plan: addPlan,
  renew: addRenew,
  enroll: addEnroll,
  adopt: addAdopt,
  rollback: addRollback,
  revoke: addRevoke,
  status: addStatus,
  check: addCheck,
  metrics: addMetrics,
  verify: addVerify,
  doctor: addDoctor,
  skew: addSkew,
  config: addConfig,
  recover: addRecover,
  keyset: addKeyset,
  ledger: addLedger,
  fleet: addFleet,
  deliver: addDeliver,
  vault: addVault,
  version: addVersion,
}
