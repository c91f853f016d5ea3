/** Whoever is told by `[notify] exec`: a file that takes the messages, a line each. */
import { existsSync, readFileSync } from 'node:fs'

export interface HeardEvent {
  readonly event: string
  readonly material?: string
  readonly severity: string
  readonly reason: string
  readonly message: string
}

export interface HeardMessage {
  readonly text: string
  readonly host: string
  readonly events: readonly HeardEvent[]
}

/** The table `[notify]`, with room for as many messages as a test makes. */
export function heardIn(file: string) {
  return { exec: ['/usr/bin/tee', '--append', file], max_per_material: 1000, max_overall: 1000 }
}

export function messagesIn(file: string): HeardMessage[] {
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  return lines.map((line) => JSON.parse(line))
}

export function eventsIn(file: string): HeardEvent[] {
  return messagesIn(file).flatMap(({ events }) => events)
}
