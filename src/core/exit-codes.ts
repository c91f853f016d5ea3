/**
 * The exit codes, in the order in which they win when one run meets several faults. They are interface: docs/exit-codes.md
 * lists them and a test compares both ways. 75 is EX_TEMPFAIL of sysexits(3).
 */
export const EXIT_CODES = {
  internal: { code: 1, meaning: 'a fault in keyroller itself' },
  usage: { code: 2, meaning: 'the command line was not understood' },
  config: { code: 3, meaning: 'the configuration is missing, invalid or not to be trusted' },
  files: { code: 4, meaning: 'files could not be read or written; the old ones are in use' },
  auth: { code: 5, meaning: 'an identity could not log in to Vault' },
  denied: { code: 6, meaning: 'Vault refused the request: policy or role' },
  rejected: { code: 7, meaning: 'keyroller did not accept what Vault issued or holds, or what was kept' },
  sealed: { code: 8, meaning: 'Vault is sealed or not initialised' },
  unreachable: { code: 9, meaning: 'Vault could not be reached, or was not trusted' },
  unserved: { code: 10, meaning: 'installed, but a consumer does not serve the new certificate' },
  owed: { code: 11, meaning: 'installed, but a consumer has not been told yet; later runs tell it' },
  verify: { code: 12, meaning: 'keyroller verify, doctor or ledger verify found something that fails' },
  interrupted: { code: 13, meaning: 'stopped by a signal or the run deadline; the next run goes on' },
  locked: { code: 75, meaning: 'another run holds the lock' },
} as const satisfies Record<string, { code: number; meaning: string }>

export type ExitName = keyof typeof EXIT_CODES

/** The one exit code of several parts of a run; 0 when none had another. */
export function worstCode(codes: readonly number[]): number {
  return Object.values(EXIT_CODES).find(({ code }) => codes.includes(code))?.code ?? 0
}

/** The one exit code of several faults: the first of the table that occurred; 0 when none did. */
export function worstExit(names: Iterable<ExitName>): number {
  const seen = new Set(names)
  for (const name of Object.keys(EXIT_CODES) as ExitName[]) if (seen.has(name)) return EXIT_CODES[name].code
  return 0
}
