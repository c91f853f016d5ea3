import { formatDuration } from '../duration.ts'
import type { Asked, Entry } from './entry.ts'

/** An entry as a person reads it: one word for what it is, and a sentence. */
export function describeEntry(entry: Entry): { readonly word: string; readonly text: string } {
  switch (entry.kind) {
    case 'run':
      return { word: 'run', text: `${entry.verb}, asked for by ${describeAsked(entry.asked)}` }
    case 'intent':
      return { word: 'intent', text: entry.message }
    case 'outcome':
      return { word: entry.result, text: `${entry.step}: ${entry.message}${took(entry.tookMs)}` }
    case 'recovered':
      return { word: 'recovered', text: `${entry.materials.join(', ')}: ${entry.result}: ${entry.message}` }
    case 'checkpoint':
      return { word: 'signed', text: `everything before it, by ${entry.identity}` }
    case 'rotation':
      return { word: 'rotation', text: `goes on from ${entry.file}` }
    case 'torn':
      return { word: 'torn', text: `a crash cut off ${sumOf(entry.lines)} bytes before it` }
    case 'hand-over':
      return { word: entry.result, text: entry.message }
    case 'gap':
      return { word: 'gap', text: entry.message }
    default:
      return { word: '?', text: 'an entry of a later version' }
  }
}

function describeAsked({ by, uid, user }: Asked): string {
  switch (by) {
    case 'timer':
      return 'its timer'
    case 'unit':
      return 'systemd'
    case 'sudo':
      return `${user ?? 'somebody'} through sudo`
    case 'user':
      return `user ${uid}`
  }
}

function took(ms: number): string {
  return ms >= 1000 ? ` (${formatDuration(ms)})` : ''
}

function sumOf(lines: readonly { readonly bytes: number }[]): number {
  return lines.reduce((sum, { bytes }) => sum + bytes, 0)
}
