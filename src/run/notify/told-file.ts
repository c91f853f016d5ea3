import { join } from 'node:path'
import { isTold, NOTHING_TOLD, type Told } from '../../core/notify/told.ts'
import { mapOf } from '../../core/shape.ts'
import { readOwnFile, saveOwnFile } from '../../files/own/own-file.ts'

/** By channel. */
export type ToldRecord = Readonly<Record<string, Told>>

/** Nothing told where there is no file, or none that can be used: somebody may then be told twice. Throws `state-failed`. */
export function readTold(stateDir: string): ToldRecord {
  const text = readOwnFile(pathIn(stateDir)) ?? '{}'
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? (value as ToldRecord) : {}
  } catch {
    return {}
  }
}

export function toldOn(record: ToldRecord, channel: string): Told {
  return record[channel] ?? NOTHING_TOLD
}

/** Durable; needs the host lock. Throws `state-failed`. */
export async function saveTold(stateDir: string, before: ToldRecord, record: ToldRecord): Promise<void> {
  if (isSame(record, before)) return
  await saveOwnFile({ path: pathIn(stateDir), text: JSON.stringify(record), mode: 0o600, durable: true })
}

/** As it is on disk. */
export function isSame(a: ToldRecord, b: ToldRecord): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

const isRecord = mapOf(isTold)

function pathIn(stateDir: string): string {
  return join(stateDir, 'notified.json')
}
