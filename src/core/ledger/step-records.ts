import type { StepKind } from '../steps.ts'

/**
 * What the ledger says of each kind of step. `effect`: an intent before it, since it changes the host or the server, and an
 * outcome after it. `outcome`: it looks or logs in, and what it found is a proof. `failure`: worth an entry only when it fails.
 */
export const STEP_RECORDS = {
  preflight: 'failure',
  health: 'failure',
  login: 'outcome',
  enrol: 'effect',
  reach: 'outcome',
  clear: 'effect',
  order: 'effect',
  refresh: 'effect',
  issue: 'effect',
  pin: 'effect',
  prove: 'outcome',
  install: 'effect',
  adopt: 'effect',
  unpin: 'effect',
  repair: 'effect',
  reload: 'effect',
  restart: 'effect',
  retest: 'outcome',
  'check-revocation': 'failure',
  'serve-check': 'outcome',
  revoke: 'effect',
  prune: 'effect',
} as const satisfies { readonly [K in StepKind]: 'effect' | 'outcome' | 'failure' }

type EffectKind = {
  [K in StepKind]: (typeof STEP_RECORDS)[K] extends 'effect' ? K : never
}[StepKind]

/**
 * What becomes of an effect whose intent cannot be written. `urgent`: only for certificates near their end, where availability
 * wins. `goes-on`: it finishes what was begun, and a consumer that is not told serves what is old. `waits`: for the next run.
 */
export const WITHOUT_LEDGER: { readonly [K in EffectKind]: 'urgent' | 'goes-on' | 'waits' } = {
  enrol: 'urgent',
  clear: 'waits',
  order: 'waits',
  refresh: 'waits',
  issue: 'urgent',
  pin: 'urgent',
  install: 'urgent',
  adopt: 'waits',
  unpin: 'goes-on',
  repair: 'urgent',
  reload: 'goes-on',
  restart: 'goes-on',
  revoke: 'waits',
  prune: 'waits',
}

export function hasEffect(kind: StepKind): kind is EffectKind {
  return STEP_RECORDS[kind] === 'effect'
}
