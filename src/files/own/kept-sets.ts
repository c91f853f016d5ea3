/**
 * The store of replaced files, to go back to: one file a set, in a directory of root's alone, since it holds keys. A name
 * appears only with all of its bytes, durable and read back; when it is read again it is compared with digests kept along.
 * Written like the files of a set, side by side with shared syncs; write-file-atomic saves one file after the other.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, renameSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { forEachBounded } from '../../core/concurrency.ts'
import { KeyrollerError } from '../../core/errors.ts'
import { type FileSpec, PAIR_ROLES } from '../../core/file-spec.ts'
import { type KeptSet, parseKeptSetName } from '../../core/kept-set.ts'
import { isMaterialId } from '../../core/memory-shape.ts'
import { isCount, isMoment, isText, listOf, matching, optional, shape } from '../../core/shape.ts'
import type { Self } from '../accounts.ts'
import type { HeldDirectory } from '../held-directory.ts'
import { removeFile, removeQuietly } from '../remove-file.ts'
import { stageFile } from '../stage-file.ts'
import { ensureOwnDirectory, ownFault, readOwnFile, syncOwnDirectory } from './own-file.ts'
import { shredFile } from './shred-file.ts'

export const KEPT_SCHEMA = 1

/** What is kept of a set: every file as it was, and as it was configured. */
export interface KeptContent {
  /** Whether the files were as keyroller had installed them. */
  readonly byKeyroller: boolean
  readonly files: readonly KeptFile[]
}

export interface KeptFile extends Pick<FileSpec, 'role' | 'format' | 'order' | 'path'> {
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly content: Buffer
}

/** What is there to go back to, by the names alone; without the directory nothing. Throws `state-failed`. */
export function listKeptSets(stateDir: string): KeptSet[] {
  return namesIn(keptDirectory(stateDir)).flatMap((name) => parseKeptSetName(name) ?? [])
}

/**
 * Durable once resolved, side by side and with one sync of the directory. Resolves to the faults by file name; a set with a
 * fault leaves nothing behind. Throws `state-failed` when nothing can be kept at all.
 */
export async function saveKeptSets(
  stateDir: string,
  self: Self,
  sets: ReadonlyMap<KeptSet, KeptContent>,
): Promise<Map<string, KeyrollerError>> {
  const directory = keptDirectory(stateDir)
  ensureOwnDirectory(directory, 0o700, self.uid)
  const faults = new Map<string, KeyrollerError>()
  await forEachBounded([...sets], SAVED_AT_ONCE, async ([set, content]) => {
    const path = join(directory, set.fileName)
    await saveKept(path, recordText(set, content), self).catch((cause) =>
      faults.set(set.fileName, ownFault(path, 'keep what is to be replaced', cause)),
    )
  })
  syncOwnDirectory(directory)
  return faults
}

/** Throws the plain system error, and leaves nothing behind. */
async function saveKept(path: string, text: string, self: Self): Promise<void> {
  const directory = vouchedDirectory(dirname(path))
  const content = Buffer.from(text)
  const staged = directory.at(await stageFile(directory, { path, content, mode: 0o600, ...ids(self) }))
  try {
    if (!readFileSync(staged).equals(content)) throw new Error('other bytes than were written')
    renameSync(staged, path)
  } catch (error) {
    removeQuietly(staged)
    throw error
  }
}

/** `ensureOwnDirectory` has vouched for it: nobody else can lead its path elsewhere. */
function vouchedDirectory(path: string): Pick<HeldDirectory, 'path' | 'at'> {
  return { path, at: (name) => join(path, name) }
}

function ids({ uid, gid }: Self): Self {
  return { uid, gid }
}

function recordText({ material, keptAtMs }: KeptSet, { byKeyroller, files }: KeptContent): string {
  const written = files.map(writtenFile)
  const record: KeptRecord = { schema: KEPT_SCHEMA, material, keptAtMs, byKeyroller, files: written }
  return JSON.stringify(record)
}

/** Enough for fsyncs to share journal commits, and no danger of running out of descriptors. */
const SAVED_AT_ONCE = 64

/** Throws `kept-unfit` for damage of any kind, `kept-missing` when it is gone. */
export function readKeptSet(stateDir: string, { fileName, material, keptAtMs }: KeptSet): KeptContent {
  const path = join(keptDirectory(stateDir), fileName)
  const text = readOwnFile(path)
  if (text === undefined) throw new KeyrollerError('kept-missing', `${path}: expected a kept set, found none`)
  const record = parseRecord(text)
  if (record?.material !== material || record.keptAtMs !== keptAtMs)
    throw damaged(path, `what was kept of ${material}`, 'something else')
  const files = record.files.map(readFile)
  const changed = files.find(({ content }, index) => digest(content) !== record.files[index]?.sha256)
  if (changed) throw damaged(path, `the bytes of ${changed.path} as they were kept`, 'others')
  return { byKeyroller: record.byKeyroller, files }
}

/** Durable; what is gone is removed already. The faults by path; never throws. */
export function removeKeptSets(
  stateDir: string,
  sets: readonly KeptSet[],
  { shred }: { readonly shred: boolean },
): Map<string, KeyrollerError> {
  const directory = keptDirectory(stateDir)
  const faults = new Map<string, KeyrollerError>()
  for (const { fileName } of sets) {
    const path = join(directory, fileName)
    note(path, faults, () => discard(path, shred))
  }
  note(directory, faults, () => syncOwnDirectory(directory))
  return faults
}

function note(path: string, faults: Map<string, KeyrollerError>, act: () => void): void {
  try {
    act()
  } catch (error) {
    faults.set(path, error as KeyrollerError)
  }
}

/** Removes what killed runs left half written, which can hold keys. Needs the host lock. Throws `state-failed`. */
export function sweepKeptSets(stateDir: string): void {
  const directory = keptDirectory(stateDir)
  for (const name of namesIn(directory)) if (STAGED.test(name)) discard(join(directory, name), true)
}

/** As `stagedName` gives them. */
const STAGED = /^\.keyroller-[0-9a-f]{16}\.staged$/

function discard(path: string, shred: boolean): void {
  try {
    if (shred) shredFile(path)
    else removeFile(path)
  } catch (cause) {
    throw ownFault(path, 'remove it', cause)
  }
}

function keptDirectory(stateDir: string): string {
  return join(stateDir, 'previous')
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw ownFault(directory, 'list it', cause)
  }
}

interface KeptRecord {
  readonly schema: typeof KEPT_SCHEMA
  readonly material: string
  readonly keptAtMs: number
  readonly byKeyroller: boolean
  readonly files: readonly WrittenFile[]
}

interface WrittenFile extends Omit<KeptFile, 'content'> {
  /** Of the bytes, hex. */
  readonly sha256: string
  /** Base64. */
  readonly content: string
}

function writtenFile({ content, ...rest }: KeptFile): WrittenFile {
  return { ...rest, sha256: digest(content), content: content.toString('base64') }
}

function readFile({ sha256: _, content, ...rest }: WrittenFile): KeptFile {
  return { ...rest, content: Buffer.from(content, 'base64') }
}

function digest(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}

function parseRecord(text: string): KeptRecord | undefined {
  try {
    const record: unknown = JSON.parse(text)
    return isRecord(record) ? (record as KeptRecord) : undefined
  } catch {
    return undefined
  }
}

function damaged(path: string, expected: string, found: string): KeyrollerError {
  return new KeyrollerError('kept-unfit', `${path}: expected ${expected}, found ${found}`)
}

const isRecord = shape<KeptRecord>({
  schema: (value) => value === KEPT_SCHEMA,
  material: isMaterialId,
  keptAtMs: isMoment,
  byKeyroller: (value) => typeof value === 'boolean',
  files: listOf(
    shape<WrittenFile>({
      role: (value) => PAIR_ROLES.some((role) => role === value),
      format: optional(isText),
      order: optional(listOf(isText)),
      path: matching(/^\//),
      mode: isCount,
      uid: isCount,
      gid: isCount,
      sha256: matching(/^[0-9a-f]{64}$/),
      content: isText,
    }),
  ),
})
