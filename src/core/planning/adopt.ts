/** The plan that takes in what was pushed: through the same steps as what is fetched, with nothing asked of Vault but a shared keyset. */
import type { Decision } from '../deciding/decision.ts'
import type { EpochMs } from '../epoch-ms.ts'
import type { Observation } from '../facts.ts'
import type { HostConfig } from '../host-config.ts'
import { isShared, type Pushable } from '../material.ts'
import type { Step } from '../steps.ts'
import { consumerSteps } from './consumer-steps.ts'
import type { Plan } from './plan.ts'
import { pruneSteps } from './prune.ts'
import { healthStep, loginStep } from './server-steps.ts'

/** Whether it may be installed shows when it is read: until then it is not known who is told. */
export function planAdoption(
  config: HostConfig,
  observation: Observation,
  pushed: readonly Pushable[],
  nowMs: EpochMs,
): Plan {
  const decisions = pushed.map(adoptDecision)
  const ids = pushed.map(({ id }) => id)
  const only = new Set(ids)
  const consumers = consumerSteps(config, observation, { changed: only, looked: only, only })
  const steps: Step[] = [
    ...(ids.length === 0
      ? []
      : [{ kind: 'preflight' as const, materials: ids, message: 'write and read back where files will go' }]),
    ...storeLogins(config, pushed),
    ...pushed.map(({ id, inbox }): Step => {
      return { kind: 'adopt', material: id, message: `take in what lies in ${inbox} for ${id}` }
    }),
    ...consumers.steps,
    // What is to be revoked before it is removed is left to the next run: a push must not wait for Vault.
    ...(config.previous.revoke === 'no' ? pruneSteps(config, observation, decisions, nowMs) : []),
  ]
  return { decisions, steps, settled: consumers.settled, held: consumers.held }
}

/** A keyset that a fleet shares is kept on the server; of a certificate nothing is asked there. */
function storeLogins({ materials }: HostConfig, pushed: readonly Pushable[]): Step[] {
  const shared = pushed.flatMap((one) => (one.kind === 'keyset' && isShared(one) ? [one] : []))
  if (shared.length === 0) return []
  const logins = materials.flatMap((one): Step[] => {
    const own = shared.filter(({ store }) => store.identity === one.id).map(({ id }) => id)
    return one.kind === 'identity' && own.length > 0 ? [loginStep(one, own)] : []
  })
  return [healthStep(shared.map(({ id }) => id)), ...logins]
}

function adoptDecision({ id, inbox }: Pushable): Decision {
  return { kind: 'adopt', material: id, reason: 'pushed', message: `something was pushed to ${inbox}` }
}
