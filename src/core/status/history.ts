/**
 * What became of every material over the runs, as far as runs have seen it: since when each rung and condition is as it is.
 * For whoever reads the status; nothing is decided by it, so losing it costs only that.
 */

import type { EpochMs } from '../epoch-ms.ts'
import type { MaterialId } from '../material.ts'
import { type Guard, isMoment, mapOf, matching, shape } from '../shape.ts'
import { type Conditions, conditionsOf } from './conditions.ts'
import type { Rung } from './rung.ts'
import type { MaterialStatus } from './rungs.ts'

export interface History {
  readonly schema: typeof HISTORY_SCHEMA
  readonly materials: Readonly<Record<MaterialId, MaterialHistory>>
}

export interface MaterialHistory {
  readonly states: Readonly<Record<Aspect, Transition>>
}

export type Aspect = 'issued' | 'installed' | 'loaded' | 'served' | keyof Conditions

export interface Transition {
  readonly state: Rung['state']
  /** When a run first saw it so. */
  readonly sinceMs: EpochMs
}

const HISTORY_SCHEMA = 1

export const EMPTY_HISTORY: History = { schema: HISTORY_SCHEMA, materials: {} }

/** The history once these statuses were seen. What is configured no longer is forgotten. */
export function continueHistory(
  before: History,
  statuses: readonly MaterialStatus[],
  nowMs: EpochMs,
): History {
  const materials = statuses.map((status): [MaterialId, MaterialHistory] => {
    const states = before.materials[status.id]?.states
    return [status.id, { states: continueStates(states, status, nowMs) }]
  })
  return { schema: HISTORY_SCHEMA, materials: Object.fromEntries(materials) }
}

function continueStates(
  before: MaterialHistory['states'] | undefined,
  status: MaterialStatus,
  nowMs: EpochMs,
): MaterialHistory['states'] {
  const { issued, installed, loaded, served } = status
  const aspects = { issued, installed, loaded, served, ...conditionsOf(status) }
  const next = (aspect: Aspect): Transition => {
    const { state } = aspects[aspect]
    return before?.[aspect].state === state ? before[aspect] : { state, sinceMs: nowMs }
  }
  return {
    issued: next('issued'),
    installed: next('installed'),
    loaded: next('loaded'),
    served: next('served'),
    ready: next('ready'),
    synced: next('synced'),
    verified: next('verified'),
  }
}

const isTransition = shape<Transition>({ state: matching(/^(?:yes|no|unknown|off)$/), sinceMs: isMoment })

const isMaterialHistory = shape<MaterialHistory>({
  states: shape<MaterialHistory['states']>({
    issued: isTransition,
    installed: isTransition,
    loaded: isTransition,
    served: isTransition,
    ready: isTransition,
    synced: isTransition,
    verified: isTransition,
  }),
})

const isWhole: Guard = shape<History>({
  schema: (value) => value === HISTORY_SCHEMA,
  materials: mapOf(isMaterialHistory),
})

export function isHistory(value: unknown): value is History {
  return isWhole(value)
}
