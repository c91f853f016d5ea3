import { checkpointPayload } from '../../core/ledger/checkpoint.ts'
import type { CheckpointEntry, EntryPlace } from '../../core/ledger/entry.ts'
import type { RunContext } from '../context.ts'
import { signAs } from '../sign-as.ts'

type Signers = Pick<RunContext, 'config' | 'host' | 'issued'>

/**
 * Signs everything up to this place with the first identity whose pair on disk is whole and in its time: after a rotation that
 * is the new one. Undefined when there is none: then the entries stand unsigned until the next run that has one.
 */
export function makeCheckpoint(
  place: EntryPlace,
  { config, host, issued }: Signers,
): CheckpointEntry | undefined {
  // Where the identity's own files hold no intermediates, what was issued in this run often has the same issuer.
  const others = [...issued.values()].flatMap(({ parts }) => parts.chainPems)
  for (const identity of config.materials.filter((material) => material.kind === 'identity')) {
    const jws = signAs(identity, checkpointPayload(place, identity.id), host, others)
    if (jws !== undefined) return { kind: 'checkpoint', identity: identity.id, jws }
  }
  return undefined
}
