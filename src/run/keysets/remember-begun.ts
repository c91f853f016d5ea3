import type { Keyset } from '../../core/material.ts'
import type { RunContext } from '../context.ts'

/** A run that ends between the store and the files would else leave no trace of it here: nothing would be due. */
export async function rememberBegun({ id }: Keyset, { memory: store, host }: RunContext): Promise<void> {
  await store.update((memory) => {
    const { keyset: known, ...rest } = memory.materials[id] ?? {}
    if (!known) return memory
    const keyset = { ...known, orderedMs: host.clock() }
    return { ...memory, materials: { ...memory.materials, [id]: { ...rest, keyset } } }
  })
}
