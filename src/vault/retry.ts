import type { WireAnswer, WireOutcome } from './exchange.ts'
import type { Operation } from './operation.ts'
import { classify } from './refusal.ts'

const MAX_REPEATS = 2
const PAUSE_MS = 1000

/**
 * How long to wait before asking again, or undefined when the outcome stands. `repeats` counts those already made.
 *
 * Everything keyroller asks may be asked twice. A repeated sign costs one more certificate for the same key, of which only
 * the last is ever used; a repeated login one more token that nobody holds and that dies of its own short life; a token
 * revoked twice is still revoked. So a lost answer is repeated like an error of the server (412, 5xx). A refusal is not,
 * nor a connection refused: the run has its own backoff, and a server that is down or sealed is not to be hammered. What
 * opens once only is the exception: asked again it would be refused, and the sentence would blame somebody else.
 */
export function pauseBeforeRepeat(
  operation: Operation,
  outcome: WireOutcome,
  repeats: number,
): number | undefined {
  if (operation.kind === 'unwrap' || operation.kind === 'approle-login') return undefined
  if (outcome.kind === 'lost') return isReset(outcome.code) && repeats < MAX_REPEATS ? PAUSE_MS : undefined
  if (outcome.kind !== 'answer' || operation.kind === 'health' || outcome.statusCode < 400) return undefined
  switch (classify(operation, outcome.statusCode, outcome.text)) {
    case 'rate-limited':
      // The server has room again after that time, so only the deadline of the call bounds these.
      return pauseOf(outcome)
    case 'failed':
      return isTrouble(outcome.statusCode) && repeats < MAX_REPEATS ? pauseOf(outcome) : undefined
    case 'sealed':
    case 'token-gone':
    case 'refused':
      return undefined
  }
}

function isReset(code: string): boolean {
  return code === 'ECONNRESET' || code === 'EPIPE'
}

/** 412: a standby that has not caught up yet. 501 is final. */
function isTrouble(statusCode: number): boolean {
  return statusCode === 412 || (statusCode >= 500 && statusCode !== 501)
}

/** What the server asks for, and never less than a second: a server that says 0 is not to be asked in a loop. */
function pauseOf({ headers }: WireAnswer): number {
  return Math.max(retryAfterMs(headers['retry-after'], headers.date) ?? 0, PAUSE_MS)
}

/** RFC 9110 section 10.2.3. A date is counted from the answer's own Date, so no clock of ours matters. */
function retryAfterMs(value = '', date = ''): number | undefined {
  if (/^\d{1,6}$/.test(value)) return Number(value) * 1000
  const waitMs = Date.parse(value) - Date.parse(date)
  return value.endsWith(' GMT') && !Number.isNaN(waitMs) ? waitMs : undefined
}
