import type { LedgerLine } from './ledger-line.ts'

export interface ChainFault {
  readonly kind: 'edited' | 'dropped' | 'reordered' | 'duplicated' | 'foreign' | 'forged' | 'cut'
  /** The first bad entry. */
  readonly seq: number
  /** Where it is, or would be. */
  readonly file?: string
  readonly line?: number
  /** Expected and found. */
  readonly message: string
}

export function faultOf(
  kind: ChainFault['kind'],
  seq: number,
  line: LedgerLine,
  message: string,
): ChainFault {
  return { kind, seq, file: line.file, line: line.number, message }
}
