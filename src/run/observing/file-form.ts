import { readTrustedFile } from '../../config/trusted-file.ts'
import { KeyrollerError } from '../../core/errors.ts'
import type { FileSpec } from '../../core/file-spec.ts'
import type { FileForm } from '../../x509/render-file.ts'

/**
 * What decides the bytes of a file, with the password of a PKCS#12 file as it is in its own file at this moment: it is never
 * in the configuration, in facts or in an argument of a process. Throws `config-missing`, `config-untrusted`,
 * `config-invalid`.
 */
export function fileForm(spec: FileSpec, uid: number): FileForm {
  if (!spec.pkcs12) return spec
  const { passwordFile, name } = spec.pkcs12
  const [password = ''] = readTrustedFile(passwordFile, uid).split(/\r?\n/, 1)
  if (!/^[ -~]+$/.test(password)) {
    const expected = 'expected a password of printable ASCII characters in the first line'
    const found = password === '' ? 'an empty one' : 'other characters'
    throw new KeyrollerError('config-invalid', `${passwordFile}: ${expected}, found ${found}`)
  }
  return { role: spec.role, lock: { password, name } }
}
