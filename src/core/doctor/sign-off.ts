/**
 * The list that somebody signs before a host is called operator-ready: what `doctor` finds, what `verify` has just proved, and
 * that every certificate is looked at where it is served. Here a warning is open like a failure.
 */
import type { MaterialStatus } from '../status/rungs.ts'
import type { Finding } from './finding.ts'

export interface SignOffItem {
  readonly done: boolean
  readonly text: string
  readonly fix?: string
}

/** A line of `keyroller verify`. */
export interface ProvedLine {
  readonly subject: string
  readonly check: string
  readonly pass: boolean
  readonly message: string
}

/** In the order in which they were found. */
export function signOffList(
  findings: readonly Finding[],
  proved: readonly ProvedLine[],
  statuses: readonly Pick<MaterialStatus, 'id' | 'served'>[],
): SignOffItem[] {
  return [...findings.map(ofFinding), ...proved.map(ofProof), ...statuses.flatMap(ofUnprobed)]
}

function ofFinding({ id, severity, subject, expected, found, fix }: Finding): SignOffItem {
  if (severity === 'ok') return { done: true, text: `${id}: ${expected}` }
  const text = `${id}: ${subject}: expected ${expected}, found ${found}`
  return { done: false, text, ...(fix === undefined ? {} : { fix }) }
}

function ofProof({ subject, check, pass, message }: ProvedLine): SignOffItem {
  return { done: pass, text: `${subject}: ${check}: ${message}` }
}

/** Told is not served: without a probe nobody has seen that the new certificate is in use. */
function ofUnprobed({ id, served }: Pick<MaterialStatus, 'id' | 'served'>): SignOffItem[] {
  if (served.state !== 'off' || !id.startsWith('certificate/')) return []
  const text = `${id}: served: expected a client to look, found no probe configured`
  return [{ done: false, text, fix: `give ${id} a probe` }]
}
