import type { Secret } from '../material.ts'

/** What of the configuration decides the bytes of a secret, for `StoredInput`. */
export function shapeOf({ kvMount, path, fields, files }: Secret): string {
  const forms = files.map(({ role, path: at, raw, quoting }) => ({ role, at, raw, quoting }))
  return JSON.stringify({ kvMount, path, fields, forms })
}
