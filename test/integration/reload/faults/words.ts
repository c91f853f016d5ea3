/** The words of the table of faults: what can be wrong with a target, what a run makes of it, and how long that takes. */
import type { ServeOutcome } from '../../../../src/core/consumers/served.ts'
import type { EXIT_CODES } from '../../../../src/core/exit-codes.ts'

/** In the order of the page. */
export const FAULTS = {
  absent: 'absent',
  hung: 'hung',
  refuses: 'refuses',
  dies: 'dies on reload',
  stale: 'answers but serves the old one',
  loops: 'restarts in a loop',
  cut: 'closes midway',
  cancelled: 'job cancelled',
} as const
export type Fault = keyof typeof FAULTS

export type Outcome =
  | 'told'
  | 'nobody'
  | 'target-missing'
  | 'reload-failed'
  | Extract<ServeOutcome, 'old-certificate'>

interface Consequence {
  readonly means: string
  readonly owed: boolean
  /** Unset: 0. */
  readonly exit?: keyof typeof EXIT_CODES
}

export const OUTCOMES: Readonly<Record<Outcome, Consequence>> = {
  told: { means: 'asked, and it survived that; whether it serves, only `probe` says', owed: false },
  nobody: { means: 'the target selects nothing, so there is nobody to tell', owed: false },
  'target-missing': { means: 'the consumer is not there', owed: true, exit: 'owed' },
  'reload-failed': { means: 'the consumer is there, or may be, and was not told', owed: true, exit: 'owed' },
  'old-certificate': {
    means: 'told, looked at, told again, looked at again, and it serves the one before',
    owed: true,
    exit: 'unserved',
  },
}

/** What a target is given, as its options and those of its probe say. */
export interface Times {
  readonly timeoutMs: number
  readonly settleMs: number
  readonly probeMs: number
}

interface Bound {
  readonly means: string
  readonly atLeastMs: (times: Times) => number
  /** Beside what a run takes itself. */
  readonly atMostMs: (times: Times) => number
}

/** Of `serve/poll-served.ts`. */
const LOOK_PAUSE_MS = 200

export const BOUNDS = {
  'at once': { means: 'no wait', atLeastMs: () => 0, atMostMs: () => 0 },
  settle: { means: '`settle` (1 s)', atLeastMs: () => 0, atMostMs: ({ settleMs }) => settleMs },
  timeout: {
    means: '`timeout` (30 s)',
    atLeastMs: ({ timeoutMs }) => timeoutMs,
    atMostMs: ({ timeoutMs }) => timeoutMs,
  },
  probe: {
    means: 'twice `settle` and the `timeout` of `probe`',
    // The last look is the one after which there is no time for a pause and another.
    atLeastMs: ({ probeMs }) => 2 * (probeMs - LOOK_PAUSE_MS),
    atMostMs: ({ settleMs, probeMs }) => 2 * (settleMs + probeMs),
  },
} as const satisfies Record<string, Bound>

export interface Met {
  /** What it looks like for this kind of target. */
  readonly how: string
  readonly outcome: Outcome
  /** A part of the sentence that the run says. */
  readonly says: string
  readonly within: keyof typeof BOUNDS
}

/** A fault that this kind of target cannot have, or that nobody can see through it. */
export interface Ruled {
  readonly cannot: string
}

export type Cell = Met | Ruled

/** The faults of one kind of target. */
export type FaultRow = Readonly<Record<Fault, Cell>>

export function met(how: string, outcome: Outcome, says: string, within: Met['within']): Met {
  return { how, outcome, says, within }
}
