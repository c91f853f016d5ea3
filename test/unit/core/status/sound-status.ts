import type { MaterialStatus } from '../../../../src/core/status/rungs.ts'
import { DAY_MS, NOW_MS } from '../builders.ts'

const YES = { state: 'yes', reason: 'valid', message: 'yes' } as const
const OFF = { state: 'off', reason: 'no-probe', message: 'off' } as const

/** Halfway through a life of 30 days, and nothing wrong. */
export function status(changes: Partial<MaterialStatus> = {}): MaterialStatus {
  return {
    id: 'certificate/web',
    ready: true,
    ...{ issued: YES, installed: YES, loaded: YES, served: OFF, verified: OFF },
    notBeforeMs: NOW_MS - 15 * DAY_MS,
    notAfterMs: NOW_MS + 15 * DAY_MS,
    dueAtMs: NOW_MS + 5 * DAY_MS,
    next: { action: 'keep', reason: 'current', message: 'current' },
    owed: [],
    ...changes,
  }
}
