/**
 * Whether the lines of a ledger are what was written: pure, over lines with their hashes. Everything up to the entry named is
 * sound; behind it nothing is claimed.
 */
import { type ChainFault, faultOf } from './chain-fault.ts'
import type { CheckpointEntry, EntryPlace } from './entry.ts'
import { type LedgerHead, NO_ENTRY } from './head.ts'
import type { LedgerLine } from './ledger-line.ts'
import { type Link, type Linked, linksOf } from './links.ts'
import { type Misplaced, misplacedFault } from './misplaced.ts'

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

/**
 * The lines are gone through once, however many there are, and nothing is kept of those passed; a second time only when an
 * entry is out of place, to say whether it was moved, put in twice or what is missing. So they must be there twice.
 */
export function verifyChain(lines: Iterable<LedgerLine>, demand: ChainDemand): ChainReport {
  let walk = begin(demand)
  for (const link of linksOf(lines)) walk = follow(walk, link)
  const { sound, isTorn, finding } = arrive(walk)
  const fault = finding && ('fault' in finding ? finding.fault : misplacedFault(finding.misplaced, lines))
  return { ...summary(finding?.sound ?? sound), isTorn, ...(fault ? { fault } : {}) }
}

/** Where the chain has been followed to. */
interface Walk {
  readonly demand: ChainDemand
  readonly host: string | undefined
  /** With the last entry, and without. */
  readonly sound: Sound
  readonly before: Sound
  /** Its hash is not the one that was named: whether it or the one before is bad, the next says. */
  readonly doubted: Placed | undefined
  /** The first bad entry; behind it nothing is judged any more. */
  readonly finding: Finding | undefined
  /** The first entry that is another than a head says: told where all else is sound. */
  readonly stray: Finding | undefined
  readonly isTorn: boolean
}

/** What is claimed of the entries so far. */
interface Sound {
  readonly entries: number
  readonly last?: Placed
  readonly checkpoints: number
  readonly signed?: { readonly seq: number; readonly identity: string }
  readonly gaps?: GapList
}

/** The latest first: of each entry so far there is one, and they share their beginnings. */
interface GapList {
  readonly seq: number
  readonly message: string
  readonly earlier: GapList | undefined
}

type Placed = Link & { readonly entry: Linked }

type Finding = { readonly sound: Sound } & (
  | { readonly fault: ChainFault }
  | { readonly misplaced: Misplaced }
)

function begin(demand: ChainDemand): Walk {
  const nothing = { entries: 0, checkpoints: 0 }
  const open = { doubted: undefined, finding: undefined, stray: undefined, isTorn: false }
  return { demand, host: demand.host, sound: nothing, before: nothing, ...open }
}

function follow(walk: Walk, link: Link): Walk {
  if (link.isCutOff) return { ...walk, isTorn: true }
  if (walk.finding) return walk
  if (walk.doubted) return settle(walk, walk.doubted, link.entry?.prev === walk.doubted.line.hash)
  if (!isPlaced(link)) return { ...walk, finding: unreadable(walk, link) }
  const host = walk.host ?? link.entry.host
  const fault = entryFault(walk.demand, host, link)
  if (fault) return { ...walk, finding: { sound: walk.sound, fault } }
  return followPlaced({ ...walk, host }, link)
}

function isPlaced(link: Link): link is Placed {
  return link.entry !== undefined
}

function unreadable(walk: Walk, { line }: Link): Finding {
  const message = 'expected an entry as canonical JSON, found something else'
  return { sound: walk.sound, fault: faultOf('edited', expectedSeq(walk), line, message) }
}

/** What a line shows by itself. */
function entryFault(
  demand: ChainDemand,
  host: string,
  { line, entry, namesTorn }: Placed,
): ChainFault | undefined {
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
function followPlaced(walk: Walk, link: Placed): Walk {
  const { sound, demand } = walk
  const { line, entry } = link
  const seq = expectedSeq(walk)
  const isLinked = entry.prev === hashBefore(walk) || (!sound.last && demand.from > 1 && entry.seq === seq)
  if (isLinked && entry.seq === seq) return passed(walk, link)
  if (isLinked) {
    const message = `expected sequence number ${seq}, found ${entry.seq}`
    return { ...walk, finding: { sound, fault: faultOf('edited', seq, line, message) } }
  }
  if (entry.seq !== seq) return { ...walk, finding: { sound, misplaced: { ...link, expected: seq } } }
  // A checkpoint that was found to be signed as it should be is as it was written.
  if (entry.kind === 'checkpoint' && demand.checkpointFault) return settle(walk, link, true)
  return { ...walk, doubted: link }
}

function passed(walk: Walk, link: Placed): Walk {
  const { sound, stray } = walk
  return { ...walk, before: sound, sound: soundWith(sound, link), stray: stray ?? strayAt(walk, link) }
}

function soundWith({ entries, checkpoints, signed, gaps }: Sound, link: Placed): Sound {
  const { entry } = link
  const isSigned = entry.kind === 'checkpoint'
  const signature = isSigned ? { seq: entry.seq, identity: entry.identity } : signed
  const gap = entry.kind === 'gap' ? { seq: entry.seq, message: entry.message, earlier: gaps } : gaps
  return {
    ...{ entries: entries + 1, last: link, checkpoints: checkpoints + (isSigned ? 1 : 0) },
    ...(signature ? { signed: signature } : {}),
    ...(gap ? { gaps: gap } : {}),
  }
}

function strayAt({ demand, sound }: Walk, { line, entry }: Placed): Finding | undefined {
  const head = demand.heads.find(({ seq, hash }) => seq === entry.seq && hash !== line.hash)
  if (!head) return undefined
  const message = `expected hash ${head.hash}, found ${line.hash}`
  return { sound, fault: faultOf('edited', entry.seq, line, message) }
}

/**
 * Whether something else holds that a line is as it was written: then an edit was made to the one before. Of a last line that
 * nothing vouches for, the one before is named, since all that is sound ends there.
 */
function settle(walk: Walk, doubted: Placed, isVouched: boolean): Walk {
  const { sound, before } = walk
  const seq = expectedSeq(walk)
  const message = `expected the hash that entry ${seq} names of the one before, found ${hashBefore(walk)}`
  const isBefore = isVouched && sound.last !== undefined
  const bad = isBefore && sound.last ? sound.last : doubted
  const fault = faultOf('edited', bad.entry.seq, bad.line, message)
  return { ...walk, doubted: undefined, finding: { sound: isBefore ? before : sound, fault } }
}

/** What stands once there are no more lines. */
function arrive(walk: Walk): Walk {
  const { doubted, demand, stray } = walk
  if (doubted) {
    const heads = demand.heads.filter(({ seq }) => seq === doubted.entry.seq)
    const isVouched = heads.every(({ hash }) => hash === doubted.line.hash)
    return settle(walk, doubted, isVouched)
  }
  return { ...walk, finding: walk.finding ?? stray ?? cutFinding(walk) }
}

/** A tail that was cut off. */
function cutFinding({ demand, sound }: Walk): Finding | undefined {
  const last = sound.last?.entry.seq ?? demand.from - 1
  const missing = demand.heads.map(({ seq }) => seq).filter((seq) => seq > last)
  if (missing.length === 0) return undefined
  const message = `expected entries up to ${Math.min(...missing)}, found them up to ${last}`
  return { sound, fault: { kind: 'cut', seq: last + 1, message } }
}

function expectedSeq({ sound, demand }: Walk): number {
  return sound.last ? sound.last.entry.seq + 1 : demand.from
}

function hashBefore({ sound }: Walk): string {
  return sound.last ? sound.last.line.hash : NO_ENTRY
}

function summary({ entries, last, checkpoints, signed, gaps }: Sound): Omit<ChainReport, 'isTorn' | 'fault'> {
  return {
    entries,
    ...(last ? { head: { seq: last.entry.seq, hash: last.line.hash, at: last.entry.at } } : {}),
    checkpoints,
    ...(signed ? { signed } : {}),
    gaps: inOrder(gaps),
  }
}

function inOrder(latest: GapList | undefined): ChainReport['gaps'] {
  const gaps = []
  for (let gap = latest; gap; gap = gap.earlier) gaps.push({ seq: gap.seq, message: gap.message })
  return gaps.reverse()
}
