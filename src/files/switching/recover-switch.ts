/** Finishes or undoes the switches a journal tells of. Run before anything else, and early at boot, before consumers start. */
import type { Layout } from '../../core/material.ts'
import type { RecoveredSet } from '../../core/run-events.ts'
import { type DirectoryHolder, openHolder, syncDirectories } from '../held-directory.ts'
import type { Journal, JournalSet, SetOf } from './journal.ts'
import type { LayoutRecovery } from './layout-work.ts'
import { filesRecovery } from './recover-files.ts'
import { generationRecovery } from './recover-generation.ts'
import { switchOf } from './switch-of.ts'

const RECOVERIES: { readonly [L in Layout]: LayoutRecovery<SetOf<L>> } = {
  files: filesRecovery,
  generation: generationRecovery,
}

/**
 * Forward when every file of a set is staged or already in place, else back to what was there before; durable once
 * resolved. What cannot be decided is left alone and said: `unclear`, such as a home that is not mounted yet. May be
 * repeated, also after a crash of its own. Never rejects.
 */
export async function recoverSwitch(journal: Journal): Promise<RecoveredSet[]> {
  const recovered: RecoveredSet[] = []
  for (const set of journal.sets) recovered.push(await recoverSet(set))
  return recovered
}

async function recoverSet(set: JournalSet): Promise<RecoveredSet> {
  const { material } = set
  const holder = openHolder()
  try {
    return { material, ...(await decide(set, holder)) }
  } catch (error) {
    return { material, outcome: 'unclear', message: (error as Error).message }
  } finally {
    holder.close()
  }
}

/** Every file is looked for before anything is touched: what lies in a directory that cannot be reached decides, too. */
async function decide(set: JournalSet, holder: DirectoryHolder): Promise<Omit<RecoveredSet, 'material'>> {
  const layout = RECOVERIES[set.layout] as LayoutRecovery<JournalSet>
  layout.refuseAbsence(set, holder)
  const obstacle = await layout.finish(set, holder)
  const lost = obstacle === undefined ? [] : layout.restore(set, holder)
  const [unsynced] = (await syncDirectories(holder.held())).values()
  if (unsynced) throw unsynced
  switchOf(set).drop(set, holder)
  if (obstacle === undefined) {
    return { outcome: 'finished', message: 'all files were staged, the switch is finished' }
  }
  const back = lost.length === 0 ? 'the files of before are back' : `nothing of before is left of ${lost}`
  return { outcome: 'undone', message: `${obstacle}, ${back}` }
}
