import { KeyrollerError } from '../../core/errors.ts'
import { describeSystemError } from '../file-fault.ts'

export function ledgerFault(path: string, action: string, cause: unknown): KeyrollerError {
  const message = `${path}: expected to ${action}, found ${describeSystemError(path, cause)}`
  return new KeyrollerError('ledger-failed', message, { cause })
}
