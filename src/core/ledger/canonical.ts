/**
 * Canonical JSON (RFC 8785) of what entries are made of: strings, safe integers, booleans, arrays, objects. For these the
 * scheme is JSON without white space and with names in the order of their UTF-16 code units (§3.2.3); strings are written as
 * JSON.stringify does (§3.2.2.2). Throws for everything else: fractions, null, what is undefined, and strings with half a
 * surrogate pair, which have no UTF-8 to be hashed.
 */
export function canonicalJson(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return canonicalText(value)
    case 'boolean':
      return String(value)
    case 'number':
      if (Number.isSafeInteger(value) && !Object.is(value, -0)) return String(value)
      break
    case 'object':
      if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
      if (value !== null) return canonicalObject(value)
  }
  throw new Error(`expected a value with a canonical form, found ${value === null ? 'null' : typeof value}`)
}

function canonicalObject(value: object): string {
  const members = value as Readonly<Record<string, unknown>>
  const names = Object.keys(members).sort()
  return `{${names.map((name) => `${canonicalText(name)}:${canonicalJson(members[name])}`).join(',')}}`
}

function canonicalText(text: string): string {
  if (text.isWellFormed()) return JSON.stringify(text)
  throw new Error('expected text with a canonical form, found half a surrogate pair')
}
