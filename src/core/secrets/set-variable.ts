/**
 * One variable of an environment file is set, and every other byte stays. Where an assignment ends is what systemd's reader says
 * (EnvironmentFile= in systemd.exec(5), parse_env_file in its sources): quotes that open a value may go on over several lines.
 */
import { formatEnv } from './env-file.ts'

/**
 * Every assignment of the variable gets the value, also behind `export`, so that no earlier one is left; without one it comes last. The
 * fault tells why there can be none, without the value.
 */
export function setVariable(
  text: string,
  name: string,
  value: string,
): { readonly text: string } | { readonly fault: string } {
  const line = formatEnv([[name, value]], 'shell')
  if ('fault' in line) return line
  const found = readAssignments(text)
  if (!found) return { fault: 'expected an environment file whose quotes end, found some that do not' }
  const own = found.assignments.filter((one) => one.name === name)
  if (own.length === 0) return { text: `${text}${found.isEnded ? '' : gapBehind(text)}${line.text}` }
  // Neither the name with its = nor the line feed.
  const written = line.text.slice(name.length + 1, -1)
  const changed = own.reduceRight(
    (rest, { start, end }) => `${rest.slice(0, start)}${written}${rest.slice(end)}`,
    text,
  )
  return { text: changed }
}

/** Whether a variable is set to something. What is no environment file sets none. */
export function hasVariable(text: string, name: string): boolean {
  const { assignments = [] } = readAssignments(text) ?? {}
  return assignments.some((one) => one.name === name && text.slice(one.start, one.end).trim() !== '')
}

interface Assignment {
  readonly name: string
  /** Of its value as it is written. */
  readonly start: number
  readonly end: number
}

interface Assignments {
  readonly assignments: readonly Assignment[]
  /** Whether what comes behind the text stands on a line of its own. */
  readonly isEnded: boolean
}

function readAssignments(text: string): Assignments | undefined {
  const assignments: Assignment[] = []
  let offset = 0
  for (;;) {
    offset = skip(BLANK, text, offset)
    if (offset === text.length) return { assignments, isEnded: offset === 0 || /(?<!\\)[\r\n]$/.test(text) }
    const keyEnd = skip(COMMENT_OR_KEY, text, offset)
    const isAssignment = text[keyEnd] === '='
    const end = isAssignment ? endOfValue(text, keyEnd + 1) : keyEnd
    if (end === undefined) return undefined
    if (isAssignment) assignments.push({ name: nameOf(text.slice(offset, keyEnd)), start: keyEnd + 1, end })
    if (end === text.length) return { assignments, isEnded: false }
    offset = end + 1
  }
}

const BLANK = /[ \t\r\n]*/y
const COMMENT_OR_KEY = /[#;][^\r\n]*|[^\r\n][^=\r\n]*/y

/** systemd takes blanks before the = as none; sh(1) has `export` in front. */
function nameOf(key: string): string {
  return key.trim().replace(/^export[ \t]+/, '')
}

/** Where its line ends; undefined when quotes or a line that goes on are open at the end of the text. */
function endOfValue(text: string, start: number): number | undefined {
  const unquoted = skip(QUOTED, text, start)
  if (text[unquoted] === '"' || text[unquoted] === "'") return undefined
  const end = skip(UNQUOTED, text, unquoted)
  return text[end] === '\\' ? undefined : end
}

const QUOTED = /(?:[ \t]+|'[^']*'|"(?:[^"\\]+|\\.)*")*/sy
/** Quotes in the middle of a value are like any other character; a backslash takes the next one with it, line feeds too. */
const UNQUOTED = /(?:[^\\\r\n]+|\\.)*/sy

/** Behind what the pattern takes from there, which may be nothing. */
function skip(pattern: RegExp, text: string, offset: number): number {
  pattern.lastIndex = offset
  return pattern.test(text) ? pattern.lastIndex : offset
}

/** Before version 254 systemd let a backslash carry a comment on into the next line: an empty one ends it for every reader. */
function gapBehind(text: string): string {
  return text.endsWith('\\') ? '\n\n' : '\n'
}
