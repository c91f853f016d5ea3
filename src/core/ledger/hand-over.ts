import type { Credential } from '../host-config.ts'
import type { Entry, HandOverEntry } from './entry.ts'

/** A start of a unit, as its manager knows it. */
export interface UnitStart {
  readonly activeState: string
  /** InvocationID: another one for every start (systemd.exec(5)); empty before the first. */
  readonly invocation: string
}

/**
 * Whether this start may read the credential: as often as configured, once by default, while it is one. Every file handed over
 * has its entry before the first byte goes out, so what entries there are say who had it.
 */
export function judgeHandOver(
  credential: Credential,
  start: UnitStart,
  entries: Iterable<Entry>,
): HandOverEntry {
  const { name, material, path, unit, reads } = credential
  const { invocation } = start
  const of = { kind: 'hand-over', materials: [material], credential: name, files: [path], unit } as const
  if (!IN_USE.has(start.activeState) || invocation === '')
    return { ...of, result: 'refused', message: `expected ${unit} to start, found it ${start.activeState}` }
  const readings = Iterator.from(entries)
    .filter((entry) => isGiven(entry, credential, invocation))
    .toArray()
  const last = readings.at(-1)
  if (last && readings.length >= reads) {
    const often = reads === 1 ? 'one reading' : `${reads} readings`
    const message = `expected at most ${often} in one start of ${unit}, found the last of ${last.at}`
    return { ...of, invocation, result: 'refused', message }
  }
  return { ...of, invocation, result: 'given', message: `${name} to ${unit}, for this start` }
}

/** A simple service is active before its process has read its credentials. */
const IN_USE: ReadonlySet<string> = new Set(['activating', 'active', 'reloading'])

function isGiven(entry: Entry, { name, unit }: Credential, invocation: string): boolean {
  if (entry.kind !== 'hand-over' || entry.result !== 'given') return false
  return entry.credential === name && entry.unit === unit && entry.invocation === invocation
}
