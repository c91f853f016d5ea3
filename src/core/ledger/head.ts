/** How far a ledger goes. Known outside the host it shows that a tail was cut. */
export interface LedgerHead {
  readonly seq: number
  /** Of the line of that entry. */
  readonly hash: string
}

/** In place of the hash of an entry before the first. */
export const NO_ENTRY = '0'.repeat(64)
