/** What `keyroller doctor` says: one line a check that finds nothing, one a flaw that it finds. */
import type { DoctorFacts } from './facts.ts'

export const SEVERITIES = ['ok', 'warn', 'fail'] as const
export type Severity = (typeof SEVERITIES)[number]

export interface Finding<Id extends string = string> {
  /** A stable word; docs/doctor.md has a row for each. */
  readonly id: Id
  readonly severity: Severity
  /** What it is about: a path, a unit, a material. Of a check that finds nothing there is none. */
  readonly subject?: string
  readonly expected: string
  readonly found: string
  /** The next command or change; only where something is to be mended. */
  readonly fix?: string
}

/** `fail`: keyroller cannot do its work, or somebody else can do harm. `warn`: it works today and will bite later. */
export interface Flaw {
  readonly severity: Exclude<Severity, 'ok'>
  readonly subject: string
  readonly expected: string
  readonly found: string
  readonly fix: string
}

/** Flaws in a fixed order; undefined when there is nothing on this host that it could look at. */
export type Check = (facts: DoctorFacts) => readonly Flaw[] | undefined
