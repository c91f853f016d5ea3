/** `off`: nothing is configured for this rung. `unknown`: nobody has looked yet. */
export interface Rung {
  readonly state: 'yes' | 'no' | 'unknown' | 'off'
  readonly message: string
}
