/** A line of a file of a ledger, whatever is in it. */
export interface LedgerLine {
  /** Name of its file. */
  readonly file: string
  /** In its file, from 1. */
  readonly number: number
  /** Unset where the bytes are no UTF-8. */
  readonly text?: string
  /** Without the newline, as the hash is. */
  readonly bytes: number
  readonly hash: string
  /** Whether a newline ends it; only the last line of all may be without. */
  readonly isEnded: boolean
}
