/** The file an enrolment secret comes in: a wrapping token in its first line, or an AppRole as a small TOML table. */
import { parse } from 'smol-toml'
import * as z from 'zod/mini'
import type { EnrolmentSecret } from '../core/enrolment-secret.ts'
import { KeyrollerError } from '../core/errors.ts'
import { mountPath } from './formats.ts'
import { readSecretFile, readTokenFile, TOKEN } from './trusted-file.ts'

/** Exactly one of the two. */
export interface EnrolmentFiles {
  readonly token?: string | undefined
  readonly approle?: string | undefined
}

/** Throws `usage-invalid`, `config-missing`, `config-untrusted` and `config-invalid`; never with a word of the secret. */
export function readEnrolmentSecret({ token, approle }: EnrolmentFiles, uid: number): EnrolmentSecret {
  if (token !== undefined && approle === undefined)
    return { kind: 'wrapped-token', token: readTokenFile(token, uid, 'a wrapping token', HINT) }
  if (approle !== undefined && token === undefined) return readAppRole(approle, uid)
  const found = token === undefined ? 'neither' : 'both'
  throw new KeyrollerError('usage-invalid', `expected either --token FILE or --approle FILE, found ${found}`)
}

const HINT = 'make a new secret, in a file of root with mode 0600; docs/enrol.md says how'

const secret = z.string().check(z.regex(TOKEN))
const appRole = z.union([
  z.strictObject({ mount: z._default(mountPath, 'approle'), role_id: secret, secret_id: secret }),
  z.strictObject({ mount: z._default(mountPath, 'approle'), role_id: secret, wrapped_secret_id: secret }),
])

/** Neither parser's words are used: both quote what they read. */
function readAppRole(path: string, uid: number): EnrolmentSecret {
  const text = readSecretFile(path, uid, HINT)
  try {
    const read = appRole.parse(parse(text))
    const secretId =
      'secret_id' in read
        ? ({ form: 'plain', text: read.secret_id } as const)
        : ({ form: 'wrapped', text: read.wrapped_secret_id } as const)
    return { kind: 'approle', mount: read.mount, roleId: read.role_id, secretId }
  } catch {
    const keys = 'role_id and secret_id or wrapped_secret_id, and mount when it is not approle'
    throw new KeyrollerError('config-invalid', `${path}: expected TOML with ${keys}`)
  }
}
