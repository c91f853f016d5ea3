/** A key from an inbox becomes the next version of its keyset; then its life goes on as at every look. */
import { KeyrollerError } from '../../core/errors.ts'
import { recordAfter } from '../../core/keysets/record.ts'
import type { PushedKeyset } from '../../core/material.ts'
import { judgeKeyPush, type KeyPush } from '../../core/push/key-push.ts'
import { pushedFiles } from '../../core/push/pushed-files.ts'
import { openInbox } from '../../files/inbox.ts'
import type { RunContext } from '../context.ts'
import type { StepDone } from '../executors/executor.ts'
import { refreshKeyset } from '../keysets/refresh-keyset.ts'
import { swapRecord } from '../keysets/swap-record.ts'
import { emptyInbox } from './empty-inbox.ts'
import { readKeyPush } from './read-key-push.ts'

/**
 * In the store before the inbox is emptied: a run killed in between finds the same push again, and that it was taken in. Throws
 * `push-refused`, what is wrong with inbox, signers and store, and what a look at the keyset throws.
 */
export async function adoptKey(keyset: PushedKeyset, context: RunContext): Promise<StepDone> {
  const inbox = openInbox(keyset.inbox, context.host.uid)
  try {
    const files = inbox.read(pushedFiles(keyset))
    const { push, signer } = readKeyPush(keyset, files, context)
    const taken = await takeIn(keyset, push, context)
    const emptied = await emptyInbox(inbox, files, context)
    const { message } = await refreshKeyset(keyset, context)
    return { message: `${message}; ${taken}, signed by ${signer} at ${push.claims.at}, ${emptied}` }
  } finally {
    inbox.close()
  }
}

/** A write that another host has won meanwhile is no failure: the push is judged anew by what it left. */
function takeIn(keyset: PushedKeyset, push: KeyPush, context: RunContext): Promise<string> {
  const { sequence } = push.claims
  return swapRecord(keyset, context, ({ record, stored }) => {
    const answer = judgeKeyPush(record, keyset.policy, push)
    switch (answer.kind) {
      case 'refused':
        throw new KeyrollerError('push-refused', `${keyset.id}: ${answer.reason}: ${answer.message}`)
      case 'known':
        return { told: `push ${sequence} is version ${answer.version} already` }
      case 'next': {
        const { version, pushed } = answer
        const step = { kind: 'make', version, keyKind: pushed.kind } as const
        const kid = pushed.thumbprint ?? `v${version}`
        const write = (stored?.revision ?? 0) + 1
        const done = { atMs: context.host.clock(), write, sequence, kid, key: pushed.key }
        return { told: `push ${sequence} is version ${version}`, make: () => recordAfter(record, step, done) }
      }
    }
  })
}
