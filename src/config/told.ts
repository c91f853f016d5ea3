import * as z from 'zod/mini'

// It compiles a parser per object with `new Function` otherwise: a gain from the second parse on, and there is only one.
z.config({ jitless: true })

/** A key with what it means, for the JSON Schema. A copy, because the description belongs to the key, not to its format. */
export function told<T extends z.ZodMiniType>(description: string, schema: T): T {
  const key = schema.clone()
  z.globalRegistry.add(key, { description })
  return key as T
}
