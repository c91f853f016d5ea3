/** What keeps a material from the login it needs, as far as this host can tell. */
import { FAULTS, type FaultCode } from './errors.ts'
import type { PairFacts } from './facts.ts'
import type { MaterialId } from './material.ts'
import type { FailureMemory, RunMemory } from './memory.ts'

/** Why the pair on disk cannot even be presented to Vault; what Vault says of it only a login can tell. */
export function loginObstacle({ key, leaf, keyMatches }: PairFacts): string | undefined {
  if (key.state !== 'read') return `private key: ${key.why ?? key.state}`
  if (leaf.state !== 'read') return `certificate: ${leaf.why ?? leaf.state}`
  return keyMatches === false ? 'the private key does not belong to the certificate' : undefined
}

/** A pair behind a link or a permission is there, and another enrolment would meet the same. */
export function loginFault({ key, leaf, files }: PairFacts): FaultCode {
  if (key.state !== 'unreadable' && leaf.state !== 'unreadable') return 'identity-unusable'
  return files.some(({ state }) => state === 'refused') ? 'files-refused' : 'files-failed'
}

/** What waits because its identity could not log in goes on as soon as that identity has another certificate. */
export function hasNewLogin(
  identity: MaterialId,
  failure: FailureMemory | undefined,
  { materials }: Pick<RunMemory, 'materials'>,
): boolean {
  if (!failure || FAULTS[failure.code].exit !== 'auth') return false
  const issued = materials[identity]?.issued
  return issued !== undefined && issued.atMs >= failure.atMs
}
