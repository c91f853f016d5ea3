/**
 * Shapes of what keyroller reads back from its own files. They guard against damage and other versions, not against malice:
 * the files lie in directories that only root can write to. Not zod: a run with nothing due must not pay for loading it.
 */
export type Guard = (value: unknown) => boolean

/** An object with these fields; more may be there. The compiler asks for every field of `T`. */
export function shape<T>(fields: { readonly [K in keyof T]-?: Guard }): Guard {
  const guards = Object.entries(fields) as [string, Guard][]
  return (value) => isObject(value) && guards.every(([name, guard]) => guard(value[name]))
}

export function optional(guard: Guard): Guard {
  return (value) => value === undefined || guard(value)
}

export function listOf(guard: Guard): Guard {
  return (value) => Array.isArray(value) && value.every(guard)
}

/** An object whose values, whatever their names, all pass. */
export function mapOf(guard: Guard): Guard {
  return (value) => isObject(value) && Object.values(value).every(guard)
}

export function matching(pattern: RegExp): Guard {
  return (value) => typeof value === 'string' && pattern.test(value)
}

export const isText: Guard = (value) => typeof value === 'string'

export const isCount: Guard = (value) => Number.isSafeInteger(value) && Number(value) >= 0

/** A moment that Date can hold (ECMA-262 §21.4.1.1): everything beyond would throw when it is written out. */
export const isMoment: Guard = (value) => Number.isFinite(value) && Math.abs(Number(value)) <= 8.64e15

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
