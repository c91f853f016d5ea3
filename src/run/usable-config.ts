import type { Problem } from '../config/problem.ts'
import { readTrustedFile } from '../config/trusted-file.ts'
import { toFault } from '../core/errors.ts'
import type { HostConfig } from '../core/material.ts'
import { openAccounts } from '../files/accounts.ts'
import { parseAnchors } from '../x509/anchors.ts'
import type { Host } from './host.ts'

/** What of a valid configuration this host cannot use: accounts it does not have, CA files that are missing or unfit. */
export function findUnusable(config: HostConfig, host: Host): Problem[] {
  return [...findAccounts(config, host), ...findCaFiles(config, host)]
}

function findAccounts(config: HostConfig, host: Host): Problem[] {
  const accounts = openAccounts(host)
  const problems = config.materials.flatMap(({ id, files }) =>
    files.flatMap(({ role, path, owner, group }): Problem[] => {
      const wanted = accounts.resolve(owner, group)
      if (wanted.state === 'resolved') return []
      const at = `${id.replace('/', '.')}.files.${role}`
      return [{ file: path, at, expected: 'an owner and group this host knows', found: wanted.why }]
    }),
  )
  return problems
}

function findCaFiles({ vault, materials }: HostConfig, host: Host): Problem[] {
  const files = new Map([[vault.caFile, 'vault.ca_file']])
  for (const { issuance } of materials)
    files.set(issuance.trustFile, files.get(issuance.trustFile) ?? 'pki.trust_file')
  return [...files].flatMap(([file, at]): Problem[] => {
    try {
      parseAnchors(readTrustedFile(file, host.uid), file)
      return []
    } catch (error) {
      return [{ file, at, expected: 'a usable CA file', found: toFault(error).message }]
    }
  })
}
