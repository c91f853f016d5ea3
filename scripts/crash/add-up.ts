import type { Tally } from '../../test/integration/files/tally.ts'

/** Every proof there must be; one without a tally was not run. */
export const PROOFS = [
  'kill',
  'fault',
  'short',
  'recovery',
  'once',
  'keyset',
  'lockout',
  'cut',
  'reader',
  'round',
] as const satisfies Tally['proof'][]

export interface Total {
  readonly proof: Tally['proof']
  readonly count: number
  readonly violations: number
  readonly parts: readonly Tally[]
}

/** One total a proof that has tallies, in the order of `PROOFS`. */
export function addUp(tallies: readonly Tally[]): Total[] {
  return PROOFS.flatMap((proof) => {
    const parts = tallies.filter((one) => one.proof === proof)
    if (parts.length === 0) return []
    const count = parts.reduce((sum, one) => sum + one.count, 0)
    const violations = parts.reduce((sum, one) => sum + one.violations.length, 0)
    return [{ proof, count, violations, parts }]
  })
}

const NAMES: Readonly<Record<Tally['proof'], string>> = {
  kill: 'points, an installation killed there',
  fault: 'faults, a call of an installation that fails',
  short: 'short writes, a write that does less than it says',
  recovery: 'points, a recovery killed there',
  once: 'points, a whole run killed there and finished by the next',
  keyset: 'points, a step in the life of a keyset killed there and gone on with by the next run',
  lockout: 'rotations of an identity, broken or killed at a step, and what is on disk tried at a real Vault',
  cut: 'cuts, the power cut on ext4',
  reader: 'switches into a generation, under the eyes of a reader in a loop',
  round: 'hostile rounds, the owner of the directory against root',
}

/** `512 cuts, the power cut on ext4: 0 violations` */
export function describeTotal({ proof, count, violations }: Total): string {
  return `${count} ${NAMES[proof]}: ${violations} violations`
}
