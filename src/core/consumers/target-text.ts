/** The text form of a target: whom, then how, as `KIND:NAME?KEY=VALUE&KEY`. */

/** The options that a text holds; a key without a value has an empty one. */
export interface SplitText {
  readonly named: string
  readonly options: ReadonlyMap<string, string>
}

/** Values are one line; what could end one is escaped, and the rest stands as it is, so that people can read it. */
const ESCAPED = /[%&]/g

export function withOptions(named: string, options: readonly (readonly [string, string])[]): string {
  if (options.length === 0) return named
  const parts = options.map(([key, value]) =>
    value === '' ? key : `${key}=${value.replace(ESCAPED, encodeURIComponent)}`,
  )
  return `${named}?${parts.join('&')}`
}

/** Undefined when the options are none: a key twice, no key, or an escape that is none. */
export function splitOptions(text: string): SplitText | undefined {
  const mark = text.indexOf('?')
  if (mark < 0) return { named: text, options: new Map() }
  const parts = text.slice(mark + 1).split('&')
  const options = new Map<string, string>()
  for (const part of parts) {
    const [, key = '', value = ''] = /^([a-z_]+)(?:=(.+))?$/.exec(part) ?? []
    if (key === '' || options.has(key) || /%(?![0-9A-F]{2})/.test(value)) return undefined
    options.set(key, value.replace(/%[0-9A-F]{2}/g, unescapeOne))
  }
  return { named: text.slice(0, mark), options }
}

/** Every escape that `withOptions` writes is one character of ASCII. */
function unescapeOne(escaped: string): string {
  return String.fromCharCode(Number.parseInt(escaped.slice(1), 16))
}
