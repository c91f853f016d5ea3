/** The first pair of an identity, or the one that replaces a pair Vault takes no more: a run like any other but for its login. */

import type { EnrolmentSecret } from '../core/enrolment-secret.ts'
import { pairFactsOf } from '../core/facts.ts'
import type { Identity } from '../core/material.ts'
import { refuseSecondEnrolment } from '../core/planning/enrol.ts'
import type { RunResult } from '../core/run-events.ts'
import { renew, takeFirstLook } from './renew.ts'
import type { RenewRequest, RunRequest } from './request.ts'

export interface EnrolRequest extends RunRequest {
  readonly identity: Identity
  readonly secret: EnrolmentSecret
  /** Also when a pair is there already. */
  readonly isRepair: boolean
}

/** Throws `already-enrolled`, and what stops a run before it has a plan. */
export async function enrol({ identity, secret, isRepair, ...rest }: EnrolRequest): Promise<RunResult> {
  const asked: RenewRequest = {
    ...rest,
    only: new Set([identity.id]),
    force: true,
    enrolment: { identity: identity.id, secret },
  }
  const first = takeFirstLook(asked)
  const { observation, startedMs } = first.situation
  refuseSecondEnrolment(identity, pairFactsOf(observation, identity), startedMs, isRepair)
  return renew(asked, first)
}
