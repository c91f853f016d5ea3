/** A certificate with its key from an inbox: read, judged, installed, and the inbox emptied. */
import { KeyrollerError } from '../../core/errors.ts'
import { type PairFacts, pairFactsOf } from '../../core/facts.ts'
import type { PushableCertificate } from '../../core/material.ts'
import { PUSHED_PAIR } from '../../core/push/pushed-files.ts'
import { type Inbox, openInbox } from '../../files/inbox.ts'
import type { RunContext } from '../context.ts'
import type { StepDone } from '../executors/executor.ts'
import { installSets, issuedSet } from '../executors/install.ts'
import { readEntries } from '../ledger/read-entries.ts'
import { emptyInbox } from './empty-inbox.ts'
import { judgePair, readPair } from './judge-pair.ts'

/**
 * Installed before the inbox is emptied: a run killed in between finds the same certificate again and has nothing to do but
 * empty it. What is refused stays where it is, since it may still be copied. Throws `push-refused`, what is wrong with the
 * inbox, and what installing throws.
 */
export async function adoptPair(material: PushableCertificate, context: RunContext): Promise<StepDone> {
  const inbox = openInbox(material.inbox, context.host.uid)
  try {
    return await adoptFrom(inbox, material, context)
  } finally {
    inbox.close()
  }
}

async function adoptFrom(
  inbox: Inbox,
  material: PushableCertificate,
  context: RunContext,
): Promise<StepDone> {
  const { id } = material
  const files = inbox.read(PUSHED_PAIR)
  const nowMs = context.host.clock()
  const anchors = context.trust(material.issuance.trustFile)
  if ('fault' in anchors) throw new KeyrollerError(anchors.fault.code, anchors.fault.message)
  const pushed = readPair(material, files, anchors, nowMs)
  const facts = pairFactsOf(context.observation, material)
  const installed = facts.leaf.certificate
  if (isWhole(facts) && pushed.leaf.certificate?.fingerprint === installed?.fingerprint)
    return {
      message: `${id}: serial ${installed?.serial} is installed already, ${await emptyInbox(inbox, files, context)}`,
    }
  const ledger = [...readEntries(context.config)]
  const history = { material: id, installed, kept: context.observation.kept, ledger }
  const issued = judgePair({ material, pushed, history, anchors, nowMs })
  context.issued.set(id, { ...issued, remember: {} })
  const { failed } = await installSets(context, [issuedSet(context, id)])
  const fault = failed.get(id)
  if (fault) throw fault
  const { serial, issuerName } = issued.certificate
  return {
    message: `${id}: serial ${serial} of ${issuerName} adopted, ${await emptyInbox(inbox, files, context)}`,
  }
}

/** With the key of the certificate: without it, the same pair is what mends it. */
function isWhole({ leaf, keyMatches }: PairFacts): boolean {
  return leaf.certificate !== undefined && keyMatches === true
}
