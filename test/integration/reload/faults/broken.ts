/** A target with a fault of the test's own making, and how keyroller is led to it. */
import type { ReloadEntry } from '../../../rig/host-config.ts'
import type { RunOrder } from './runs.ts'
import type { Fault } from './words.ts'

export interface Broken {
  readonly reload: ReloadEntry
  /** Default: one where nobody listens. */
  readonly podmanSocket?: string
  readonly placed?: RunOrder['placed']
  readonly stop: () => Promise<unknown>
}

/** Makes the target in this folder, which is the test's to remove. `timeout` is for the target to take. */
export type Breaker = (directory: string, timeout: string) => Promise<Broken>

/** Nothing for a fault that this kind cannot have. */
export type Breakers = Readonly<Partial<Record<Fault, Breaker>>>
