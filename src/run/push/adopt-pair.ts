/** A certificate with its key from an inbox: read, judged, installed, and the inbox emptied. */
import { KeyrollerError, toFault } from '../../core/errors.ts'
import { type PairFacts, pairFactsOf } from '../../core/facts.ts'
import type { Pushable } from '../../core/material.ts'
import { PUSHED_PAIR } from '../../core/push/pushed-files.ts'
import { type Inbox, openInbox } from '../../files/inbox.ts'
import type { RunContext } from '../context.ts'
import type { StepDone } from '../executors/executor.ts'
import { installSets, issuedSet } from '../executors/install.ts'
import { readEntries } from '../ledger/read-entries.ts'
import { judgePair, readPair } from './judge-pair.ts'

/**
 * Installed before the inbox is emptied: a run killed in between finds the same certificate again and has nothing to do but
 * empty it. What is refused stays where it is, since it may still be copied. Throws `push-refused`, what is wrong with the
 * inbox, and what installing throws.
 */
export async function adoptPair(material: Pushable, context: RunContext): Promise<StepDone> {
  const inbox = openInbox(material.inbox, context.host.uid)
  try {
    return await adoptFrom(inbox, material, context)
  } finally {
    inbox.close()
  }
}

async function adoptFrom(inbox: Inbox, material: Pushable, context: RunContext): Promise<StepDone> {
  const { id } = material
  const files = inbox.read(PUSHED_PAIR)
  const nowMs = context.host.clock()
  const anchors = context.trust(material.issuance.trustFile)
  if ('fault' in anchors) throw new KeyrollerError(anchors.fault.code, anchors.fault.message)
  const pushed = readPair(material, files, anchors, nowMs)
  const facts = pairFactsOf(context.observation, material)
  const installed = facts.leaf.certificate
  if (isWhole(facts) && pushed.leaf.certificate?.fingerprint === installed?.fingerprint)
    return emptied(inbox, files, context, `${id}: serial ${installed?.serial} is installed already`)
  const ledger = readEntries(context.config).flatMap(({ entry }) => entry ?? [])
  const history = { material: id, installed, kept: context.observation.kept, ledger }
  const issued = judgePair({ material, pushed, history, anchors, nowMs })
  context.issued.set(id, { ...issued, remember: {} })
  const { failed } = await installSets(context, [issuedSet(context, id)])
  const fault = failed.get(id)
  if (fault) throw fault
  const { serial, issuerName } = issued.certificate
  return emptied(inbox, files, context, `${id}: serial ${serial} of ${issuerName} adopted`)
}

/** With the key of the certificate: without it, the same pair is what mends it. */
function isWhole({ leaf, keyMatches }: PairFacts): boolean {
  return leaf.certificate !== undefined && keyMatches === true
}

/** What cannot be removed says nothing against what is installed; the next run meets the same certificate. */
async function emptied(
  inbox: Inbox,
  files: ReadonlyMap<string, Buffer>,
  { note }: RunContext,
  message: string,
): Promise<StepDone> {
  const fault = await inbox.clear(files).then(() => undefined, toFault)
  if (fault) note(`a copy of a key stays in the inbox: ${fault.message}`)
  return { message: `${message}, its inbox ${fault ? 'still full' : 'emptied'}` }
}
