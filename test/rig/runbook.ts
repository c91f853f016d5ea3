/** Runbooks as tests follow them: what is typed on which host, and what is to be said then. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import type { Finished } from './command.ts'

export interface RunbookLine {
  /** `web1`, or `ops` for an operator's own machine. */
  readonly host: string
  readonly command: string
  /** With `…` for what differs. */
  readonly expected: readonly string[]
}

/** Types a command on a host. */
export type Shell = (command: string) => Promise<Finished>

export function readRunbook(page: string): RunbookLine[] {
  const lines: { host: string; command: string; expected: string[] }[] = []
  for (const text of page
    .split('\n')
    .filter((line) => /^ {4,}\S/.test(line))
    .map((line) => line.trim())) {
    const [, host, command] = /^(\w+)[#$] (.+)$/.exec(text) ?? []
    if (host !== undefined && command !== undefined) lines.push({ host, command, expected: [] })
    else lines.at(-1)?.expected.push(text)
  }
  return lines
}

const PATIENCE_MS = 20_000

/** Every command in order. One that only looks, or goes on with what is due, is typed again until it says what the page expects. */
export async function followRunbook(page: string, shells: Readonly<Record<string, Shell>>): Promise<void> {
  const lines = readRunbook(page)
  expect(lines.length).toBeGreaterThan(2)
  for (const { host, command, expected } of lines) {
    const shell = shells[host]
    if (!shell) throw new Error(`the page names ${host}, which is none of ${Object.keys(shells).join(', ')}`)
    const deadline = Date.now() + PATIENCE_MS
    for (;;) {
      const { exit, stdout, stderr } = await shell(command)
      const said = `${stdout}${stderr}`
      const missing = expected.filter((line) => !isSaid(line, said))
      if (exit === 0 && missing.length === 0) break
      if (Date.now() > deadline || !AGAIN.test(command))
        expect({ command, exit, missing, said }).toEqual({ command, exit: 0, missing: [], said })
      await sleep(500)
    }
  }
}

/** Twice is once for these. */
const AGAIN = /^keyroller (?:keyset (?:advance|show|list)|renew|status|verify)\b/

function isSaid(line: string, said: string): boolean {
  const words = line.split(/\s+/).map((word) => word.split('…').map(RegExp.escape).join('.*'))
  return new RegExp(words.join('\\s+')).test(said)
}
