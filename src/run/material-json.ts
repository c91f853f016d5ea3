/** One material in the published form of the status. */

import { formatMoment } from '../core/duration.ts'
import { conditionsOf } from '../core/status/conditions.ts'
import type { MaterialHistory, Transition } from '../core/status/history.ts'
import { type NextMove, nextMoves } from '../core/status/next-move.ts'
import type { Rung } from '../core/status/rung.ts'
import type { MaterialStatus } from '../core/status/rungs.ts'

/** `since` of a rung or condition is when a run, or this look, first saw it in its state. */
export function materialJson(status: MaterialStatus, history: MaterialHistory | undefined) {
  const { notBeforeMs, notAfterMs, dueAtMs, next, owed, rolledBack, failure, held, rotatesAtMs, ...rest } =
    status
  const { issued, installed, loaded, served, verified: _, ...others } = rest
  const { ready, synced, verified } = conditionsOf(status)
  const states = history?.states
  const moves = nextMoves(status)
  return {
    ...others,
    issued: rungJson(issued, states?.issued, moves.issued),
    installed: rungJson(installed, states?.installed, moves.installed),
    loaded: rungJson(loaded, states?.loaded, moves.loaded),
    served: rungJson(served, states?.served, moves.served),
    conditions: {
      ready: rungJson(ready, states?.ready),
      synced: rungJson(synced, states?.synced),
      verified: rungJson(verified, states?.verified),
    },
    ...moment('notBefore', notBeforeMs),
    ...moment('notAfter', notAfterMs),
    ...moment('dueAt', dueAtMs),
    next: nextJson(next),
    owed: owed.map(owedJson),
    ...(rolledBack ? { rolledBack: rolledBackJson(rolledBack) } : {}),
    ...moment('rotatesAt', rotatesAtMs),
    ...(held ? { held: heldJson(held) } : {}),
    ...(failure ? { failure: failureJson(failure) } : {}),
  }
}

function rungJson(rung: Rung, transition: Transition | undefined, move?: NextMove) {
  const since = transition?.state === rung.state ? moment('since', transition.sinceMs) : {}
  return { ...rung, ...since, ...(move ? { next: nextJson(move) } : {}) }
}

function nextJson<T extends { readonly atMs?: number }>({ atMs, ...rest }: T) {
  return { ...rest, ...moment('at', atMs) }
}

function owedJson({ target, sinceMs, attempts, retryAtMs, message }: MaterialStatus['owed'][number]) {
  return { target, since: formatMoment(sinceMs), attempts, ...moment('retryAt', retryAtMs), message }
}

function rolledBackJson({ atMs, ...rest }: NonNullable<MaterialStatus['rolledBack']>) {
  return { ...rest, at: formatMoment(atMs) }
}

function heldJson({ sinceMs, dueAtMs, ...rest }: NonNullable<MaterialStatus['held']>) {
  return { ...rest, since: formatMoment(sinceMs), dueAt: formatMoment(dueAtMs) }
}

function failureJson({ atMs, retryAtMs, ...rest }: NonNullable<MaterialStatus['failure']>) {
  return { ...rest, at: formatMoment(atMs), retryAt: formatMoment(retryAtMs) }
}

function moment(key: string, ms: number | undefined): Record<string, string> {
  return ms === undefined ? {} : { [key]: formatMoment(ms) }
}
