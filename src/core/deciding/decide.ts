/** What each material needs: keep, renew, look, repair or hold, with a stable reason and a sentence. */

import type { EpochMs } from '../epoch-ms.ts'
import type { Observation } from '../facts.ts'
import type { HostConfig } from '../host-config.ts'
import type { Material } from '../material.ts'
import { decideBundle, refreshBeforeRenewals } from './decide-bundle.ts'
import { decideKeyset } from './decide-keyset.ts'
import { decidePair } from './decide-pair.ts'
import { decideSecret } from './decide-secret.ts'
import type { Decision, DecisionInput, PlanOptions } from './decision.ts'

/** One decision per selected material, in the order of the configuration; then the bundles that these need first. */
export function decideAll(
  config: HostConfig,
  observation: Observation,
  nowMs: EpochMs,
  options: PlanOptions,
): Decision[] {
  const input = { config, observation, nowMs, options }
  const decisions = config.materials
    .filter(({ id }) => options.only?.has(id) ?? true)
    .map((material) => decide(material, input))
  return refreshBeforeRenewals(decisions, input)
}

function decide(material: Material, input: DecisionInput): Decision {
  switch (material.kind) {
    case 'identity':
    case 'certificate':
      return decidePair(material, input)
    case 'bundle':
      return decideBundle(material, input)
    case 'secret':
      return decideSecret(material, input)
    case 'keyset':
      return decideKeyset(material, input)
  }
}
