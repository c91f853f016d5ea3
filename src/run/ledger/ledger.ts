/**
 * The ledger of one run. Opened by its first entry, so that a run that does nothing leaves none. Once it could not be written
 * it stays closed until the next run: what is missing must be one gap, not several.
 */
import { hash, randomBytes } from 'node:crypto'
import { readlinkSync } from 'node:fs'
import { formatMoment } from '../../core/duration.ts'
import { KeyrollerError } from '../../core/errors.ts'
import { askedBy, invocationOf } from '../../core/ledger/asked.ts'
import type { EntryBody, EntryPlace, RunVerb } from '../../core/ledger/entry.ts'
import type { LedgerHead } from '../../core/ledger/head.ts'
import { openingEntries } from '../../core/ledger/opening.ts'
import { sealEntry } from '../../core/ledger/seal.ts'
import type { LedgerMemory } from '../../core/memory.ts'
import { type LedgerFile, openLedgerFile } from '../../files/own/ledger-file.ts'
import type { Host } from '../host.ts'

export interface RunLedger {
  /** The number of the new entry; undefined once the ledger cannot be written. */
  add(body: EntryBody | ((place: EntryPlace) => EntryBody | undefined)): number | undefined
  /** Makes everything added durable. The fault is why that cannot be done; it stays. */
  flush(): Promise<KeyrollerError | undefined>
  /** Whether anything was to be written. */
  wasUsed(): boolean
  /** Flushes and closes; what the memory is to know of it, and why when not all could be written. */
  close(): Promise<{ readonly memory: LedgerMemory; readonly fault?: KeyrollerError }>
}

export interface LedgerRequest {
  readonly stateDir: string
  readonly host: Host
  readonly verb: RunVerb
  /** What earlier runs left to know. */
  readonly known: LedgerMemory
}

/** Needs the host lock. Never throws, and neither do its functions. */
export function openRunLedger(request: LedgerRequest): RunLedger {
  const state = newState(request)
  return {
    add: (body) => add(state, body),
    flush: () => flush(state),
    wasUsed: () => state.wasUsed,
    async close() {
      await flush(state)
      state.file?.close()
      return { memory: memoryAfter(state), ...(state.fault ? { fault: state.fault } : {}) }
    },
  }
}

interface State {
  readonly request: LedgerRequest
  wasUsed: boolean
  file?: LedgerFile
  place?: Omit<EntryPlace, 'at' | 'seq' | 'prev'>
  head?: LedgerHead
  /** How far it goes on disk. */
  durable?: LedgerHead
  waiting: string[]
  /** Entries that never got there. */
  lost: number
  fault?: KeyrollerError
}

function newState(request: LedgerRequest): State {
  return { request, wasUsed: false, waiting: [], lost: 0 }
}

function add(state: State, body: Parameters<RunLedger['add']>[0]): number | undefined {
  if (!state.wasUsed) open(state)
  if (state.fault) {
    state.lost += 1
    return undefined
  }
  return seal(state, body)
}

function seal(state: State, body: Parameters<RunLedger['add']>[0]): number | undefined {
  const { head, place, request } = state
  if (!head || !place) throw new Error('an entry was made before the ledger was opened')
  const at = { ...place, at: formatMoment(request.host.clock()) }
  const made = typeof body === 'function' ? body({ ...at, seq: head.seq + 1, prev: head.hash }) : body
  if (!made) return undefined
  const sealed = sealEntry(made, head, at, sha256)
  state.waiting.push(sealed.line)
  state.head = sealed.head
  return sealed.head.seq
}

/** Before the first entry of its own a run writes down what it found, and who asked for it. */
function open(state: State): void {
  const { stateDir, host, verb, known } = state.request
  state.wasUsed = true
  try {
    const file = openLedgerFile(stateDir)
    const asked = askedBy(host.env, { uid: host.uid, pid: readlinkSync('/proc/self') })
    state.file = file
    state.head = file.head
    state.durable = file.head
    state.place = {
      host: ledgerHost(host.hostId),
      run: invocationOf(asked, host.env) ?? randomBytes(16).toString('hex'),
    }
    for (const body of openingEntries(file, known, { verb, asked, version: host.version })) seal(state, body)
  } catch (error) {
    fail(state, error)
  }
}

/** What the entries call this host: machine-id(5) asks that the id itself is not handed around. */
export function ledgerHost(hostId: string): string {
  return sha256(`keyroller ledger\n${hostId}`).slice(0, 32)
}

async function flush(state: State): Promise<KeyrollerError | undefined> {
  const { file, waiting, head } = state
  if (state.fault || !file || waiting.length === 0) return state.fault
  try {
    await file.append(waiting)
    state.waiting = []
    if (head) state.durable = head
  } catch (error) {
    fail(state, error)
  }
  return state.fault
}

function fail(state: State, error: unknown): void {
  const found = error instanceof Error ? error.message : 'something that is no error'
  state.fault = error instanceof KeyrollerError ? error : new KeyrollerError('ledger-failed', found)
  state.lost += state.waiting.length
  state.waiting = []
}

/** A gap is known until an entry says so; what comes after that entry is a gap of its own. */
function memoryAfter({ request, durable, file, lost, fault }: State): LedgerMemory {
  const { known, host } = request
  const isTold = durable !== undefined && durable !== file?.head
  const before = isTold ? undefined : known.gap
  const head = isTold ? durable : known.head
  const entries = (before?.entries ?? 0) + lost
  const gap = fault ? { sinceMs: before?.sinceMs ?? host.clock(), entries, message: fault.message } : before
  return { ...(head ? { head } : {}), ...(gap ? { gap } : {}) }
}

function sha256(text: string): string {
  return hash('sha256', text, 'hex')
}
