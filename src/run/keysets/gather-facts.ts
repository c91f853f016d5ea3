/** What must be so before a version is put in use: asked for at that moment, of the control plane, of this host, of the others. */
import { toFault } from '../../core/errors.ts'
import type { KeysetFacts, Knower } from '../../core/keysets/gates.ts'
import { knowersHere } from '../../core/keysets/knowers.ts'
import { isShared, type Keyset, type SharedKeyset } from '../../core/material.ts'
import type { RunContext } from '../context.ts'
import { askControlPlane } from './ask-control-plane.ts'
import { knowersElsewhere } from './knowers-elsewhere.ts'

/** Throws nothing that was met: whoever cannot be asked does not know, which keeps only what waits for them. */
export async function gatherFacts(keyset: Keyset, context: RunContext): Promise<KeysetFacts> {
  return {
    controlPlane: await askControlPlane(keyset, context),
    consumers: knowersHere(keyset, context.memory.current()),
    hosts: isShared(keyset) ? await askHosts(keyset, context) : [],
  }
}

async function askHosts(keyset: SharedKeyset, context: RunContext): Promise<Knower[]> {
  try {
    return await knowersElsewhere(keyset, context)
  } catch (error) {
    return [{ name: `the others, whose cards could not be read: ${toFault(error).message}`, knows: [] }]
  }
}
