/** Which shapes on disk suit which kinds of keys, and how a key is written in those that ask. */
import type { KeyEncoding, KeysetForm, KeysetRole } from '../file-spec.ts'
import { isPairKind, type KeyKind } from './document.ts'

export interface RoleProblem {
  readonly expected: string
  readonly found: string
}

/** Undefined when versions of the kind can stand in such a file. */
export function roleProblem(
  kind: KeyKind,
  role: KeysetRole,
  { encoding }: KeysetForm = {},
): RoleProblem | undefined {
  if (PAIRS_ONLY.has(role) && !isPairKind(kind))
    return { expected: `a kind with a public key for ${role}`, found: kind }
  if (encoding === undefined) return undefined
  const encodings: readonly KeyEncoding[] = isEncoded(role) ? encodingsOf(kind, role) : []
  if (encodings.includes(encoding)) return undefined
  return { expected: encodings.join(' or ') || `no encoding for ${role}`, found: encoding }
}

const PAIRS_ONLY: ReadonlySet<KeysetRole> = new Set(['jwks', 'pem', 'public_pem', 'pem_dir', 'public_dir'])

const ENCODED_ROLES = ['variable', 'list', 'slots'] as const
type EncodedRole = (typeof ENCODED_ROLES)[number]

function isEncoded(role: KeysetRole): role is EncodedRole {
  return ENCODED_ROLES.some((one) => one === role)
}

/** What was configured, else what is usual for the role. */
export function encodingOf(kind: KeyKind, role: EncodedRole, { encoding }: KeysetForm = {}): KeyEncoding {
  return encoding ?? encodingsOf(kind, role)[0]
}

/** The usual one first. No environment holds bytes as they are, and of a pair nobody reads the bare bytes. */
function encodingsOf(kind: KeyKind, role: EncodedRole): readonly [KeyEncoding, ...KeyEncoding[]] {
  if (isPairKind(kind)) return ['pem', 'base64']
  switch (role) {
    case 'variable':
      return ['base64']
    case 'list':
      return ['base64', 'raw']
    case 'slots':
      return ['raw', 'base64']
  }
}
