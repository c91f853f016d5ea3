import { createHash } from 'node:crypto'
import { linkSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type FilesSet,
  JOURNAL_SCHEMA,
  type Journal,
  type JournalFile,
} from '../../../src/files/switching/journal.ts'

export interface Interruption {
  /** Names renamed before the end. */
  readonly renamed: readonly string[]
  /** There was nothing before. */
  readonly isFirst?: boolean
  /** Where the certificate lies, when not in the home. */
  readonly certs?: string
}

export type FilesJournal = Omit<Journal, 'sets'> & { readonly sets: readonly FilesSet[] }

/** The disk as a run leaves it that was killed while it switched `key.pem` and `cert.pem` from old to new, and its journal. */
export function interruptSwitch(
  home: string,
  { renamed, isFirst = false, certs = home }: Interruption,
): FilesJournal {
  const files = (['key', 'cert'] as const).map((part, index): JournalFile => {
    const directory = part === 'cert' ? certs : home
    const name = `${part}.pem`
    const staged = `.keyroller-000000000000000${index}.staged`
    const previous = `.keyroller-000000000000000${index}.previous`
    const at = (one: string) => join(directory, one)
    writeFileSync(at(staged), `new ${part}`)
    if (!isFirst) {
      writeFileSync(at(name), `old ${part}`)
      rmSync(at(previous), { force: true })
      linkSync(at(name), at(previous))
    }
    if (renamed.includes(name)) renameSync(at(staged), at(name))
    const sha256 = createHash('sha256').update(`new ${part}`).digest('hex')
    return { directory, name, staged, ...(isFirst ? {} : { previous }), sha256 }
  })
  return { schema: JOURNAL_SCHEMA, sets: [{ material: 'certificate/app', layout: 'files', files }], owed: [] }
}
