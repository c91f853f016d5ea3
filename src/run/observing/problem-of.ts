import type { Problem } from '../../config/problem.ts'
import { toFault } from '../../core/errors.ts'

/** What is thrown when something configured is tried, as a problem of the configuration. */
export function problemOf(where: Omit<Problem, 'found'>, attempt: () => unknown): Problem[] {
  try {
    attempt()
    return []
  } catch (error) {
    return [{ ...where, found: toFault(error).message }]
  }
}
