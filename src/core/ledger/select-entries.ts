import { parseDuration } from '../duration.ts'
import type { EpochMs } from '../epoch-ms.ts'
import { KeyrollerError } from '../errors.ts'
import type { Entry } from './entry.ts'

export interface EntryFilter {
  /** `certificate/web`, or `web` for everything of that name, configured still or not. */
  readonly material?: string
  readonly sinceMs?: EpochMs
  /** The beginning of its id is enough. */
  readonly run?: string
  /** Only so many, the latest. */
  readonly last?: number
}

/** Of those passed over nothing is kept: a ledger may be longer than memory. */
export function selectEntries(entries: Iterable<Entry>, filter: EntryFilter): Entry[] {
  const { last = Number.POSITIVE_INFINITY } = filter
  let chosen: Entry[] = []
  for (const entry of entries) {
    if (isChosen(entry, filter)) chosen.push(entry)
    if (chosen.length >= 2 * last + 1) chosen = chosen.slice(-last)
  }
  return chosen.slice(Math.max(0, chosen.length - last))
}

function isChosen(entry: Entry, { material, sinceMs, run }: EntryFilter): boolean {
  if (material !== undefined && !concerns(entry, material)) return false
  if (sinceMs !== undefined && !(Date.parse(entry.at) >= sinceMs)) return false
  return run === undefined || entry.run.startsWith(run)
}

function concerns(entry: Entry, name: string): boolean {
  const ids = 'materials' in entry ? entry.materials : []
  return ids.some((id) => id === name || id.split('/')[1] === name)
}

/** `7d` before now, or a moment as the ledger writes it. Throws `usage-invalid`. */
export function parseSince(text: string, nowMs: EpochMs): EpochMs {
  const agoMs = parseDuration(text)
  if (agoMs !== undefined) return nowMs - agoMs
  const moment = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isFinite(moment)) return moment
  throw new KeyrollerError('usage-invalid', `expected 7d or 2026-11-25T02:00:00Z as --since, found ${text}`)
}

/** `SEQ:HASH`, as the last line of a run and `status --json` have them. Throws `usage-invalid`. */
export function parseHead(text: string): { readonly seq: number; readonly hash: string } {
  const [, seq, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? []
  if (seq !== undefined && hash !== undefined) return { seq: Number(seq), hash }
  throw new KeyrollerError('usage-invalid', `expected SEQ:HASH as --head, found ${text}`)
}
