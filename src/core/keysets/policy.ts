/** How long the versions of a keyset live, what becomes of them, and what such a policy must satisfy. */
import { formatDuration } from '../duration.ts'
import type { KeyKind } from './document.ts'

export interface KeysetPolicy extends KindPolicy {
  /** Of the versions yet to be made. */
  readonly kind: KeyKind
  /** `pushed`: whoever pushes them says when the next version comes, and none is made here. Unset: made here, when they fall due. */
  readonly source?: 'pushed'
  /** From one activation to the next. */
  readonly rotateEveryMs: number
  /** For so long peers can learn of a version before it is in use. */
  readonly publishAheadMs: number
  /** For so long a version is accepted after it was last in use. Hosts switch one after another: the time they take belongs to it. */
  readonly acceptForMs: number
  /** Of whatever is signed or encrypted with it: the token that lives longest. */
  readonly longestLifetimeMs: number
  /** Why nothing of this keyset may be lost; unset where nothing says so. */
  readonly legalHold?: string
  /** So long after it fell due an activation leaves hosts behind that do not know the version; unset waits for every one for ever. */
  readonly leaveHostsAfterMs?: number
}

/** What differs from kind to kind, unless it is said otherwise. */
export interface KindPolicy {
  /** What becomes of the key of a retired version, see `Fate`. */
  readonly atEnd: 'archive' | 'destroy'
  /** Whether a version under legal hold is accepted no more after its time like any other, or stays accepted; kept are both. */
  readonly underHold: 'retire' | 'accept'
}

const PAIR: KindPolicy = { atEnd: 'archive', underHold: 'retire' }
const DATA: KindPolicy = { atEnd: 'archive', underHold: 'accept' }
const MAC: KindPolicy = { atEnd: 'destroy', underHold: 'retire' }

/**
 * The private key of a pair is of no use after the grace and dies, the public one is evidence. What encrypts is never thrown away
 * unasked, and stays for decrypting under hold; raw bytes may be such a key.
 */
export const KIND_DEFAULTS: { readonly [K in KeyKind]: KindPolicy } = {
  'ec-p256': PAIR,
  'ec-p384': PAIR,
  'ec-p521': PAIR,
  'rsa-2048': PAIR,
  'rsa-3072': PAIR,
  'rsa-4096': PAIR,
  ed25519: PAIR,
  'aes-256': DATA,
  'hmac-256': MAC,
  'hmac-384': MAC,
  'hmac-512': MAC,
  raw: DATA,
}

export interface PolicyProblem {
  /** As it is written in a configuration. */
  readonly key: PolicyKey
  readonly expected: string
  readonly found: string
}

/** Empty when a keyset may live by the policy. How they stand to each other is asked only of durations that are some. */
export function policyProblems(policy: KeysetPolicy): PolicyProblem[] {
  const { rotateEveryMs, publishAheadMs, acceptForMs, longestLifetimeMs, leaveHostsAfterMs } = policy
  const odd = [
    ...inRange('rotate_every', rotateEveryMs),
    ...inRange('publish_ahead', publishAheadMs),
    ...inRange('accept_for', acceptForMs),
    ...inRange('longest_lifetime', longestLifetimeMs),
    ...(leaveHostsAfterMs === undefined ? [] : inRange('leave_hosts_after', leaveHostsAfterMs)),
  ]
  if (odd.length > 0) return odd
  const below = `less than rotate_every (${formatDuration(rotateEveryMs)})`
  const atLeast = `at least longest_lifetime (${formatDuration(longestLifetimeMs)})`
  return [
    ...(publishAheadMs < rotateEveryMs ? [] : [problem('publish_ahead', below, publishAheadMs)]),
    ...(acceptForMs >= longestLifetimeMs ? [] : [problem('accept_for', atLeast, acceptForMs)]),
  ]
}

type PolicyKey = 'rotate_every' | 'publish_ahead' | 'accept_for' | 'longest_lifetime' | 'leave_hosts_after'

/** Moments reckoned from it must be such that Date can hold. */
const LONGEST_MS = 36_500 * 86_400_000

function inRange(key: PolicyKey, ms: number): PolicyProblem[] {
  if (Number.isSafeInteger(ms) && ms >= 1000 && ms <= LONGEST_MS) return []
  return [problem(key, `1s to ${formatDuration(LONGEST_MS)}`, ms)]
}

function problem(key: PolicyKey, expected: string, foundMs: number): PolicyProblem {
  return { key, expected, found: foundMs >= 1000 ? formatDuration(foundMs) : `${foundMs}ms` }
}
