import { writeJournal } from '../../command/journal.ts'
import { forEachBounded } from '../../core/concurrency.ts'
import { eventFields } from '../../core/notify/journal-fields.ts'
import type { Send } from './channel.ts'

const AT_A_TIME = 8

/** An entry for each event, so that a filter for a material finds it. */
export const journalChannel: Send = (_message, events, signal) =>
  forEachBounded(events, AT_A_TIME, (event) => writeJournal(eventFields(event), signal))
