import { toFault } from '../../core/errors.ts'
import type { Inbox } from '../../files/inbox.ts'
import type { RunContext } from '../context.ts'

/** Of what was taken. What cannot be removed says nothing against what was done with it: the next run meets it, and removes it. */
export async function emptyInbox(
  inbox: Inbox,
  taken: ReadonlyMap<string, Buffer>,
  { note }: Pick<RunContext, 'note'>,
): Promise<string> {
  const fault = await inbox.clear(taken).then(() => undefined, toFault)
  if (fault) note(`a copy of a key stays in the inbox: ${fault.message}`)
  return `its inbox ${fault ? 'still full' : 'emptied'}`
}
