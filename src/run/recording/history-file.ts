import { join } from 'node:path'
import { EMPTY_HISTORY, type History, isHistory } from '../../core/status/history.ts'
import { readOwnFile, saveOwnFile } from '../../files/own/own-file.ts'

/** Empty where there is none, or none that can be used: nothing depends on it. */
export function readHistory(stateDir: string): History {
  try {
    const value: unknown = JSON.parse(readOwnFile(pathIn(stateDir)) ?? '')
    return isHistory(value) ? value : EMPTY_HISTORY
  } catch {
    return EMPTY_HISTORY
  }
}

/** `before` is what was read. Not durable: after a power cut it tells of the run before. Throws `state-failed`. */
export async function saveHistory(stateDir: string, before: History, history: History): Promise<void> {
  const text = JSON.stringify(history)
  if (text === JSON.stringify(before)) return
  await saveOwnFile({ path: pathIn(stateDir), text, mode: 0o600, durable: false })
}

function pathIn(stateDir: string): string {
  return join(stateDir, 'history.json')
}
