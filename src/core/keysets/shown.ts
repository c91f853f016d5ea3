/** Which versions of a keyset a file shows, and in which order: the one place that says so. */
import type { KeysetForm, KeysetRole } from '../file-spec.ts'
import { type KeysetDocument, type KeyVersion, versionIn } from './document.ts'
import { roleProblem } from './role-problem.ts'

/** A role of a keyset, and how versions stand in it. */
export interface KeysetFile {
  readonly role: KeysetRole
  readonly keys?: KeysetForm
}

/**
 * Empty when there is no such file: while none is in use, what names a key to sign or encrypt with has nothing to name, and a list
 * would have consumers take its first for that one. Versions of an earlier kind that cannot stand in it are left out.
 */
export function shownIn({ role, keys }: KeysetFile, document: KeysetDocument): readonly KeyVersion[] {
  const fits = ({ kind }: KeyVersion) => roleProblem(kind, role, keys) === undefined
  const active = [versionIn(document, 'active')].filter((one) => one !== undefined).filter(fits)
  switch (role) {
    case 'jwks':
    case 'private_jwks':
    case 'pem_dir':
      return keysInOrder(document).filter(fits)
    case 'public_dir':
      return document.versions.filter((one) => fits(one) && wasInUse(one) && !isDestroyed(one))
    case 'pem':
    case 'public_pem':
    case 'variable':
      return active
    case 'list':
    case 'slots':
      return active.length > 0 ? keysInOrder(document).filter(fits) : []
  }
}

/** What consumers accept: the version in use, the one that comes, then those that go, the newest first. */
export function keysInOrder(document: KeysetDocument): readonly KeyVersion[] {
  const retiring = document.versions.filter(({ state }) => state === 'retiring').toReversed()
  const current = [versionIn(document, 'active'), versionIn(document, 'next')]
  return [...current.filter((one) => one !== undefined), ...retiring]
}

/** What was never in use has signed nothing that it could prove. */
function wasInUse(version: KeyVersion): boolean {
  return 'activeMs' in version
}

export function isDestroyed(version: KeyVersion): boolean {
  return version.state === 'retired' && version.fate?.what === 'destroyed'
}
