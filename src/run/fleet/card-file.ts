import { join } from 'node:path'
import { type CardMemory, isCardMemory } from '../../core/fleet/card-due.ts'
import { readOwnFile, saveOwnFile } from '../../files/own/own-file.ts'

/** Undefined where there is none, or none that can be used: then a card is written once more than needed. */
export function readCardMemory(stateDir: string): CardMemory | undefined {
  try {
    const value: unknown = JSON.parse(readOwnFile(pathIn(stateDir)) ?? '')
    return isCardMemory(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Not durable, for the same reason. Throws `state-failed`. */
export async function saveCardMemory(stateDir: string, memory: CardMemory): Promise<void> {
  await saveOwnFile({ path: pathIn(stateDir), text: JSON.stringify(memory), mode: 0o600, durable: false })
}

function pathIn(stateDir: string): string {
  return join(stateDir, 'card.json')
}
