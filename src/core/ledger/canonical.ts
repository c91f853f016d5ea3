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

/**
 * Whether a value that came out of JSON has its names in order already, and a canonical form at all: then what JSON.stringify
 * makes of it is that form, several times as fast. Not for names that look like array indices, which are moved to the front.
 */
export function isInOrder(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
      return value.isWellFormed()
    case 'boolean':
      return true
    case 'number':
      return Number.isSafeInteger(value) && !Object.is(value, -0)
    case 'object':
      if (Array.isArray(value)) return value.every(isInOrder)
      return value !== null && areInOrder(value)
    default:
      return false
  }
}

function areInOrder(members: object): boolean {
  let before = ''
  for (const name in members) {
    const value: unknown = members[name as keyof typeof members]
    if (name < before || !name.isWellFormed() || !isInOrder(value)) return false
    before = name
  }
  return true
}
