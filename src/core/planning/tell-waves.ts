/** Which consumers may be told at once, where the configuration allows more than one. */

import type { ReloadTarget } from '../consumers/target.ts'
import type { StepOf } from '../steps.ts'

/** Lower is told earlier, those alike in the order in which they stand. */
export function byOrder(a: ReloadTarget, b: ReloadTarget): number {
  return (a.order ?? 0) - (b.order ?? 0)
}

/** In waves that follow each other: an order that is written down holds, and a rolling refresh has nobody beside it. */
export function tellWaves(steps: readonly StepOf<'reload'>[]): StepOf<'reload'>[][] {
  const waves: StepOf<'reload'>[][] = []
  for (const step of steps) {
    const last = waves.at(-1)
    if (last?.every(({ target }) => mayOverlap(target, step.target))) last.push(step)
    else waves.push([step])
  }
  return waves
}

function mayOverlap(a: ReloadTarget, b: ReloadTarget): boolean {
  return byOrder(a, b) === 0 && a.delayMs === undefined && b.delayMs === undefined
}
