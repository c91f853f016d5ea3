/** The files of a ledger: one that grows, and those before it by the number of their first entry. */

export const LEDGER_NAME = 'ledger.jsonl'

const ARCHIVED = /^ledger-\d{12}\.jsonl$/

export function archiveName(firstSeq: number): string {
  return `ledger-${String(firstSeq).padStart(12, '0')}.jsonl`
}

/** Those of the names that are files of a ledger, in the order in which they were written. */
export function ledgerNames(names: readonly string[]): string[] {
  const archived = names.filter((name) => ARCHIVED.test(name)).sort()
  return names.includes(LEDGER_NAME) ? [...archived, LEDGER_NAME] : archived
}
