/** Where things stand in the text of a JSON value that was parsed before: one of them can be replaced while every other byte stays. */

/** Without white space around it. */
export interface Span {
  readonly start: number
  readonly end: number
}

export interface Member {
  readonly name: string
  /** Its name and its value. */
  readonly whole: Span
  readonly value: Span
}

/** Of the object that the text is, in order; a name that comes twice is there twice. */
export function membersOf(text: string): Member[] {
  return childrenOf(text, { start: 0, end: text.length }).map((whole) => {
    const [name, , value] = tokensOf(text, whole)
    if (!name || !value) throw new Error('expected a member, found none')
    return {
      name: JSON.parse(text.slice(name.start, name.end)),
      whole,
      value: { start: value.start, end: whole.end },
    }
  })
}

/** The members of an object, or the elements of an array. */
export function childrenOf(text: string, span: Span): Span[] {
  const children: Span[] = []
  let child: Span | undefined
  let depth = 0
  for (const { start, end } of tokensOf(text, span)) {
    const token = text[start]
    const isCloser = token === ']' || token === '}'
    if (isCloser) depth -= 1
    const isBetween = depth === 0 || (depth === 1 && token === ',')
    if (isBetween && child) children.push(child)
    if (isBetween) child = undefined
    else child = { start: child?.start ?? start, end }
    if (token === '[' || token === '{') depth += 1
  }
  return children
}

const TOKEN = /"(?:[^"\\]+|\\.)*"|[[\]{}:,]|[^\s"[\]{}:,]+/g

function tokensOf(text: string, { start, end }: Span): Span[] {
  return [...text.slice(start, end).matchAll(TOKEN)].map(({ index, 0: token }) => ({
    start: start + index,
    end: start + index + token.length,
  }))
}
