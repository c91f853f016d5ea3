import type { Agent } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Endpoint } from './endpoint.ts'
import { exchange, type WireAnswer, type WireRequest } from './exchange.ts'
import { failureOf } from './loss.ts'
import type { Operation } from './operation.ts'
import { isRedirect, redirectPath } from './redirect.ts'
import { pauseBeforeRepeat } from './retry.ts'

export interface Call {
  readonly endpoint: Endpoint
  readonly agent: Agent
  readonly operation: Operation
  readonly wire: WireRequest
  /** Repeats and pauses included. It starts with the connection, so that waiting for a free one is not counted. */
  readonly timeoutMs: number
  /** Aborted by the deadline, and by whoever else wants the call to end. */
  readonly stop: AbortController
}

/** One call: redirect and repeats as the rules allow, all under one deadline. Throws when no answer can be had. */
export async function callVault(call: Call): Promise<WireAnswer> {
  const deadline = deadlineOf(call)
  try {
    return await ask(call, deadline)
  } finally {
    deadline.clear()
  }
}

async function ask(call: Call, deadline: Deadline): Promise<WireAnswer> {
  const { endpoint, agent, operation, stop } = call
  let { wire } = call
  for (let repeats = 0, hops = 0; ; ) {
    const outcome = await exchange(endpoint, agent, wire, stop.signal, deadline.start)
    if (outcome.kind === 'answer' && isRedirect(outcome.statusCode)) {
      wire = { ...wire, path: redirectPath(endpoint, outcome, wire.path, hops++) }
      continue
    }
    const pauseMs = pauseBeforeRepeat(operation, outcome, repeats++)
    if (pauseMs === undefined || pauseMs >= deadline.leftMs()) {
      if (outcome.kind === 'answer') return outcome
      throw failureOf(outcome, operation, endpoint, call.timeoutMs)
    }
    // An abort ends the pause early; the next exchange then says that it was stopped.
    await sleep(pauseMs, undefined, { signal: stop.signal }).catch(() => undefined)
  }
}

interface Deadline {
  readonly start: () => void
  readonly leftMs: () => number
  readonly clear: () => void
}

function deadlineOf({ timeoutMs, stop }: Call): Deadline {
  let timer: NodeJS.Timeout | undefined
  let endsAtMs = Number.POSITIVE_INFINITY
  return {
    start: () => {
      if (timer !== undefined) return
      endsAtMs = performance.now() + timeoutMs
      timer = setTimeout(() => stop.abort(), timeoutMs)
    },
    leftMs: () => endsAtMs - performance.now(),
    clear: () => clearTimeout(timer),
  }
}
