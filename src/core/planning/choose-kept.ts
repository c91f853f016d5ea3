/** Which of the kept sets a rollback goes back to. */
import { KeyrollerError } from '../errors.ts'
import { isReadable, isSerial, type KeptCertificate, type KeptSet, type ReadableSet } from '../kept-set.ts'
import type { MaterialId } from '../material.ts'

export interface KeptChoice {
  readonly material: MaterialId
  readonly kept: readonly KeptSet[]
  /** What is installed now; undefined when it cannot be read. */
  readonly installed: KeptCertificate | undefined
  /** The serial asked for, in any of the spellings of openssl(1); unset: the last one before what is installed. */
  readonly to?: string
}

/**
 * Without a serial the certificate issued last before the one installed, so that going back twice goes back two steps and
 * not forward again. Of the same certificate kept more than once the files kept last. Throws `kept-missing`.
 */
export function chooseKept(choice: KeptChoice): ReadableSet {
  const { material, installed, to } = choice
  const sets = choice.kept.filter((set) => set.material === material).filter(isReadable)
  const others = sets.filter(({ certificate }) => certificate.serial !== installed?.serial)
  if (to !== undefined && installed && isSerial(installed, to))
    throw missing(`${material}: expected another serial than the installed one, found ${to}`)
  const wanted = others.filter(({ certificate }) =>
    to === undefined
      ? certificate.notBeforeMs <= (installed?.notBeforeMs ?? Number.POSITIVE_INFINITY)
      : isSerial(certificate, to),
  )
  const [chosen] = wanted.toSorted(latestFirst)
  if (chosen) return chosen
  throw missing(`${material}: expected ${expectation(choice)}, found ${listSerials(others)}`)
}

function latestFirst(a: ReadableSet, b: ReadableSet): number {
  return b.certificate.notBeforeMs - a.certificate.notBeforeMs || b.keptAtMs - a.keptAtMs
}

function missing(message: string): KeyrollerError {
  return new KeyrollerError('kept-missing', message)
}

function expectation({ to, installed }: KeptChoice): string {
  if (to !== undefined) return `serial ${to} among what is kept`
  return installed ? `a certificate kept from before serial ${installed.serial}` : 'a kept certificate'
}

function listSerials(sets: readonly ReadableSet[]): string {
  const serials = [...new Set(sets.map(({ certificate }) => certificate.serial))]
  return serials.length === 0 ? 'none' : `only ${serials.join(', ')}`
}
