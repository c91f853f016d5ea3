/** How the names of a certificate differ from those configured: before it is installed, and at every run afterwards. */
import type { CertificateFacts } from '../facts.ts'
import type { Issuance, Paired } from '../material.ts'
import { SUBJECT_FIELDS, SUBJECT_WORDS } from '../subject.ts'

/**
 * The first difference, or undefined. The common name may also stand among the DNS names or the email addresses: Vault puts
 * it there unless told not to (`exclude_cn_from_sans`).
 *
 * What a PKI role overrides is not excused, or it would decide who this host is. Measured on Vault 1.21.1, `sign/ROLE`: name,
 * alternative names and serial number are those of the request, or those of the same call where the role says so
 * (`use_csr_common_name`, `use_csr_sans`, `serial_number_source`), and keyroller sends both alike. Country, province,
 * locality, organisation and unit are always the role's, whatever the request says: configured, they state what the role
 * must set; not configured, the role may set what it likes.
 */
export function findSubjectDrift(found: CertificateFacts, { issuance }: Paired): string | undefined {
  if (found.commonName !== issuance.commonName) {
    return `expected common name ${issuance.commonName}, found ${found.commonName || 'none'}`
  }
  const besideName = (names: readonly string[]) => names.filter((name) => name !== issuance.commonName)
  return (
    setDrift('DNS names', besideName(issuance.dnsNames), besideName(found.dnsNames)) ??
    setDrift('IP addresses', issuance.ipAddresses, found.ipAddresses) ??
    setDrift('URIs', issuance.uris, found.uris) ??
    setDrift('email addresses', besideName(issuance.emails), besideName(found.emails)) ??
    setDrift('alternative names of other kinds', [], found.otherNameKinds) ??
    fieldDrift(found, issuance)
  )
}

function fieldDrift(found: CertificateFacts, { subject }: Issuance): string | undefined {
  for (const field of SUBJECT_FIELDS) {
    const wanted = subject[field]
    const drift = wanted && setDrift(SUBJECT_WORDS[field], wanted, found.subject[field] ?? [])
    if (drift !== undefined) return drift
  }
  return undefined
}

function setDrift(what: string, wanted: readonly string[], found: readonly string[]): string | undefined {
  const [a, b] = [[...new Set(wanted)].sort().join(', '), [...new Set(found)].sort().join(', ')]
  return a === b ? undefined : `expected ${what} ${a || 'none'}, found ${b || 'none'}`
}
