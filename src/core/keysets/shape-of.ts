import type { Keyset } from '../material.ts'

/** What of the configuration decides the bytes of the files, for `StoredInput`. */
export function keysetShape({ store, files }: Keyset): string {
  const forms = files.map(({ role, path, keys }) => ({ role, path, keys }))
  return JSON.stringify({ store, forms })
}
