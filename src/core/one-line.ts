/** Words of others inside a sentence of ours: one line, no control characters, no more than a person reads. */

const MAX_CHARACTERS = 200

/** Control characters (also those that move a terminal's cursor) and runs of white space become one space. */
export function oneLine(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ').trim()
  const characters = [...line]
  return characters.length > MAX_CHARACTERS ? `${characters.slice(0, MAX_CHARACTERS).join('')}…` : line
}

/** The last line that says something; empty when none does. */
export function lastLine(text: string): string {
  return oneLine(text.split(/[\r\n]+/).findLast((line) => line.trim() !== '') ?? '')
}
