/**
 * A JWK Set (RFC 7517 §5) in which others may have keys too. What is not ours stays byte by byte and in its order, other members of
 * the set as well; nothing is written anew while what is ours says what it should, however it is laid out.
 */
import { isDeepStrictEqual } from 'node:util'
import { childrenOf, type Member, membersOf, type Span } from './json-text.ts'
import type { Jwk } from './jwk.ts'

export interface JwkSetEdit {
  /** All of ours, in their order: they take the places of those that are there. */
  readonly keys: readonly Jwk[]
  /** Value of the member `active`; unset leaves it as it is. */
  readonly active?: string
  /** Whether an element is ours, as it is or as it was. */
  readonly isOwn: (element: unknown) => boolean
}

/** The set without a standing one; undefined when the standing text is no such set. */
export function editJwkSet(standing: string | undefined, edit: JwkSetEdit): string | undefined {
  const { keys, active } = edit
  if (standing === undefined)
    return `${JSON.stringify({ ...(active === undefined ? {} : { active }), keys }, null, 2)}\n`
  const read = readSet(standing)
  if (!read) return undefined
  const arranged = arrange(read.elements, edit)
  const isCurrent =
    isDeepStrictEqual(valuesOf(arranged), valuesOf(read.elements)) &&
    (active === undefined || read.active?.value === active)
  return isCurrent ? standing : write(standing, read, arranged, active)
}

interface ReadSet {
  readonly keys: Member
  readonly elements: readonly Element[]
  readonly active?: { readonly member: Member; readonly value: unknown }
}

interface Element {
  readonly value: unknown
  readonly text: string
}

/** A name that comes twice is read in one way by some and in another by others (RFC 8259 §4), so neither is edited. */
function readSet(text: string): ReadSet | undefined {
  const set = parse(text)
  if (typeof set !== 'object' || set === null || !('keys' in set) || !Array.isArray(set.keys))
    return undefined
  const members = membersOf(text)
  const [keys, second] = members.filter(({ name }) => name === 'keys')
  const [active, other] = members.filter(({ name }) => name === 'active')
  if (!keys || second || other) return undefined
  const { keys: values } = set
  const elements = childrenOf(text, keys.value).map((span, index) => ({
    value: values[index] as unknown,
    text: textAt(text, span),
  }))
  return { keys, elements, ...(active ? { active: { member: active, value: Object(set).active } } : {}) }
}

/** The parser's own words quote what it read. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Ours from the first place to the last that was ours, more of them behind it, and at the end where there was none. */
function arrange(elements: readonly Element[], { keys, isOwn }: JwkSetEdit): Element[] {
  const waiting = keys.map((value) => ({ value, text: indent(JSON.stringify(value, null, 2), 4) }))
  const own = elements.map(({ value }) => isOwn(value))
  const last = own.lastIndexOf(true)
  const arranged = elements.flatMap((element, index) => {
    if (!own[index]) return [element]
    return waiting.splice(0, index === last ? waiting.length : 1)
  })
  return [...arranged, ...waiting]
}

function valuesOf(elements: readonly Element[]): unknown[] {
  return elements.map(({ value }) => value)
}

function write(
  text: string,
  { keys, active: standing }: ReadSet,
  elements: readonly Element[],
  active: string | undefined,
): string {
  const list = elements.map((element) => `\n    ${element.text}`).join(',')
  const changes: (Span & { readonly by: string })[] = [{ ...keys.value, by: `[${list}\n  ]` }]
  if (active !== undefined) {
    const by = JSON.stringify(active)
    const { start } = keys.whole
    changes.push(
      standing ? { ...standing.member.value, by } : { start, end: start, by: `"active": ${by},\n  ` },
    )
  }
  return changes
    .toSorted((a, b) => b.start - a.start)
    .reduce((rest, { start, end, by }) => `${rest.slice(0, start)}${by}${rest.slice(end)}`, text)
}

function textAt(text: string, { start, end }: Span): string {
  return text.slice(start, end)
}

function indent(text: string, by: number): string {
  return text.replaceAll('\n', `\n${' '.repeat(by)}`)
}
