/**
 * Whether the lines of a ledger are what was written: pure, over lines with their hashes. Everything up to the entry named is
 * sound; behind it nothing is claimed.
 */
import type { CheckpointEntry, Entry, EntryPlace, GapEntry, TornEntry } from './entry.ts'
import { type LedgerHead, NO_ENTRY } from './head.ts'
import { readEntry } from './read-entry.ts'

export interface LedgerLine {
  /** Name of its file. */
  readonly file: string
  /** In its file, from 1. */
  readonly number: number
  /** Unset where the bytes are no UTF-8. */
  readonly text?: string
  /** Without the newline, as the hash is. */
  readonly bytes: number
  readonly hash: string
  /** Whether a newline ends it; only the last line of all may be without. */
  readonly isEnded: boolean
}

export interface ChainDemand {
  /** `seq` of the first entry, 1 unless earlier files were archived elsewhere. */
  readonly from: number
  /** How far the ledger is known to have gone, from places outside of it. */
  readonly heads: readonly LedgerHead[]
  /** Which host it must be of; unset: whichever its first entry names. */
  readonly host?: string
  /** What is wrong with the signature of a checkpoint; unset leaves signatures alone. */
  readonly checkpointFault?: (entry: EntryPlace & CheckpointEntry) => string | undefined
}

export interface ChainReport {
  readonly entries: number
  readonly head?: LedgerHead & { readonly at: string }
  readonly checkpoints: number
  /** The last entry that a checkpoint covers, and who signed. */
  readonly signed?: { readonly seq: number; readonly identity: string }
  /** Gaps that the ledger itself tells of. */
  readonly gaps: readonly { readonly seq: number; readonly message: string }[]
  /** The last line is cut off, as a crash leaves it: the next run makes an entry of that. */
  readonly isTorn: boolean
  readonly fault?: ChainFault
}

export interface ChainFault {
  readonly kind: 'edited' | 'dropped' | 'reordered' | 'duplicated' | 'foreign' | 'forged' | 'cut'
  /** The first bad entry. */
  readonly seq: number
  /** Where it is, or would be. */
  readonly file?: string
  readonly line?: number
  /** Expected and found. */
  readonly message: string
}

export function verifyChain(lines: readonly LedgerLine[], demand: ChainDemand): ChainReport {
  const { links, isTorn } = linksOf(lines)
  const host = demand.host ?? links[0]?.entry?.host
  const chain: Chain = { links, demand, ...(host === undefined ? {} : { host }) }
  const fault = firstFault(chain)
  return { ...summary(linksBefore(links, fault)), isTorn, ...(fault ? { fault } : {}) }
}

function linksBefore(links: readonly Link[], fault: ChainFault | undefined): readonly Link[] {
  const bad = links.findIndex(({ line }) => line.file === fault?.file && line.number === fault.line)
  return bad < 0 ? links : links.slice(0, bad)
}

interface Link {
  readonly line: LedgerLine
  readonly entry: Linked | undefined
  /** What is in front of it is cut off, and it says so. */
  readonly namesTorn: boolean
}

/** Of most entries only their place is kept: a ledger of years must not be in memory as a whole. */
type Linked = EntryPlace & (CheckpointEntry | TornEntry | GapEntry | { readonly kind: 'other' })

function linkedOf(entry: Entry): Linked {
  switch (entry.kind) {
    case 'checkpoint':
    case 'torn':
    case 'gap':
      return entry
    default: {
      const { seq, prev, at, host, run } = entry
      return { kind: 'other', seq, prev, at, host, run }
    }
  }
}

interface Chain {
  readonly links: readonly Link[]
  readonly demand: ChainDemand
  readonly host?: string
}

/**
 * Every line but those that a crash cut off: they are named by the entry behind them, or are the last without a newline. What
 * only lacks its newline is whole.
 */
function linksOf(lines: readonly LedgerLine[]): { links: Link[]; isTorn: boolean } {
  const links: Link[] = []
  let unread: Link[] = []
  for (const line of lines) {
    const read = line.text === undefined ? undefined : readEntry(line.text)
    if (!read) {
      unread.push({ line, entry: undefined, namesTorn: false })
      continue
    }
    const entry = linkedOf(read)
    const namesTorn = unread.length > 0 && areNamed(unread, entry)
    links.push(...(namesTorn ? [] : unread), { line, entry, namesTorn })
    unread = []
  }
  const isTorn = unread.at(-1)?.line.isEnded === false
  return { links: [...links, ...(isTorn ? unread.slice(0, -1) : unread)], isTorn }
}

function areNamed(unread: readonly Link[], entry: Linked): boolean {
  if (entry.kind !== 'torn' || entry.lines.length !== unread.length) return false
  return unread.every(({ line }, index) => {
    const named = entry.lines[index]
    return named?.bytes === line.bytes && named.sha256 === line.hash
  })
}

function firstFault(chain: Chain): ChainFault | undefined {
  for (const index of chain.links.keys()) {
    const fault = entryFault(chain, index) ?? linkFault(chain, index)
    if (fault) return fault
  }
  return headFault(chain)
}

/** What a line shows by itself. */
function entryFault({ links, demand, host }: Chain, index: number): ChainFault | undefined {
  const { line, entry, namesTorn } = at(links, index)
  if (!entry) {
    const message = 'expected an entry as canonical JSON, found something else'
    return faultOf('edited', expectedSeq(links, demand, index), line, message)
  }
  if (entry.host !== host)
    return faultOf('foreign', entry.seq, line, `expected an entry of host ${host}, found ${entry.host}`)
  if (entry.kind === 'torn' && !namesTorn) {
    const message = 'expected in front of it the cut off lines that it names, found others'
    return faultOf('dropped', entry.seq, line, message)
  }
  if (entry.kind !== 'checkpoint') return undefined
  const message = demand.checkpointFault?.(entry)
  return message === undefined ? undefined : faultOf('forged', entry.seq, line, message)
}

/** What it shows beside the one before. */
function linkFault(chain: Chain, index: number): ChainFault | undefined {
  const { links, demand } = chain
  const { line, entry } = at(links, index)
  if (!entry) return undefined
  const seq = expectedSeq(links, demand, index)
  const before = links[index - 1]
  const hash = before ? before.line.hash : NO_ENTRY
  const isLinked = entry.prev === hash || (!before && demand.from > 1 && entry.seq === seq)
  if (isLinked && entry.seq === seq) return undefined
  if (isLinked) return faultOf('edited', seq, line, `expected sequence number ${seq}, found ${entry.seq}`)
  if (entry.seq !== seq) return misplaced(chain, index, entry, seq)
  const bad = before && isVouched(chain, index) ? before : { line, entry }
  const message = `expected the hash that entry ${seq} names of the one before, found ${hash}`
  return faultOf('edited', bad.entry?.seq ?? seq, bad.line, message)
}

/**
 * Whether something else holds that a line is as it was written: then an edit was made to the one before. Of a last line that
 * nothing vouches for, the one before is named, since all that is sound ends there.
 */
function isVouched({ links, demand }: Chain, index: number): boolean {
  const { line, entry } = at(links, index)
  if (entry?.kind === 'checkpoint' && demand.checkpointFault) return true
  const next = links[index + 1]
  if (next) return next.entry?.prev === line.hash
  const heads = demand.heads.filter(({ seq }) => seq === entry?.seq)
  return heads.every(({ hash }) => hash === line.hash)
}

function misplaced({ links }: Chain, index: number, { seq: found }: EntryPlace, seq: number): ChainFault {
  const { line } = at(links, index)
  const message = `expected entry ${seq}, found entry ${found}`
  const twin = links.find((other, place) => place !== index && other.line.hash === line.hash)
  if (twin) return faultOf('duplicated', found, line, `${message}, which is there twice`)
  const isElsewhere = links.some(({ entry }, place) => place > index && entry?.seq === seq)
  return faultOf(isElsewhere || found < seq ? 'reordered' : 'dropped', seq, line, message)
}

/** What a tail that was cut off, or written anew, does not match. */
function headFault({ links, demand }: Chain): ChainFault | undefined {
  const last = links.at(-1)?.entry?.seq ?? demand.from - 1
  const bySeq = new Map(links.map((link) => [link.entry?.seq, link]))
  for (const { seq, hash } of [...demand.heads].sort((a, b) => a.seq - b.seq)) {
    if (seq > last) {
      const message = `expected entries up to ${seq}, found them up to ${last}`
      return { kind: 'cut', seq: last + 1, message }
    }
    const link = bySeq.get(seq)
    if (link && link.line.hash !== hash)
      return faultOf('edited', seq, link.line, `expected hash ${hash}, found ${link.line.hash}`)
  }
  return undefined
}

function expectedSeq(links: readonly Link[], { from }: ChainDemand, index: number): number {
  const before = links[index - 1]
  return before?.entry ? before.entry.seq + 1 : from
}

function faultOf(kind: ChainFault['kind'], seq: number, line: LedgerLine, message: string): ChainFault {
  return { kind, seq, file: line.file, line: line.number, message }
}

function summary(links: readonly Link[]): Omit<ChainReport, 'isTorn' | 'fault'> {
  const last = links.at(-1)
  const entries = links.flatMap(({ entry }) => (entry ? [entry] : []))
  const signatures = entries.filter((entry) => entry.kind === 'checkpoint')
  const signature = signatures.at(-1)
  return {
    entries: entries.length,
    ...(last?.entry ? { head: { seq: last.entry.seq, hash: last.line.hash, at: last.entry.at } } : {}),
    checkpoints: signatures.length,
    ...(signature ? { signed: { seq: signature.seq, identity: signature.identity } } : {}),
    gaps: entries.flatMap((entry) =>
      entry.kind === 'gap' ? [{ seq: entry.seq, message: entry.message }] : [],
    ),
  }
}

function at(links: readonly Link[], index: number): Link {
  const link = links[index]
  if (!link) throw new Error(`no line ${index}`)
  return link
}
