/** What a proof came to: a line for who reads the log, and one for `npm run test:crash`, which adds them up. */
import { appendFileSync } from 'node:fs'

export interface Tally {
  /**
   * `kill`, `fault`, `short`: of an installation; `recovery`: of recovery itself; `once`: of whole runs; `keyset`: of
   * steps in a keyset's life; `lockout`: of an identity's rotation; `cut`: of the power; `reader`: with one in a loop; `round`: with a hostile owner.
   */
  readonly proof:
    | 'kill'
    | 'fault'
    | 'short'
    | 'recovery'
    | 'once'
    | 'keyset'
    | 'lockout'
    | 'cut'
    | 'reader'
    | 'round'
  /** Of which kind of run. */
  readonly of: string
  readonly count: number
  /** How many of how many, and how to get the same again. */
  readonly label: string
  readonly violations: readonly string[]
}

export function tally(one: Tally): void {
  console.log(`${one.proof}, ${one.of}: ${one.label}, ${one.violations.length} violations`)
  const report = process.env.KEYROLLER_CRASH_REPORT
  if (report !== undefined) appendFileSync(report, `${JSON.stringify(one)}\n`)
}
