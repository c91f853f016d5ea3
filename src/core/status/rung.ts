/** `off`: nothing is configured for this rung. `unknown`: nobody has looked yet. */
export interface Rung {
  readonly state: 'yes' | 'no' | 'unknown' | 'off'
  /** A stable word for why, like `expired`. */
  readonly reason: string
  readonly message: string
}
