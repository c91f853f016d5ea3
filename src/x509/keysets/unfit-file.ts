import { KeyrollerError } from '../../core/errors.ts'

/** A file that holds what keyroller neither understands nor may throw away. */
export function unfitFile(path: string, fault: string): KeyrollerError {
  return new KeyrollerError('keyset-unfit', `${path}: ${fault}`)
}
