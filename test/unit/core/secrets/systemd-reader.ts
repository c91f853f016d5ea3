/** What systemd makes of an environment file: parse_env_file_internal of its src/basic/env-file.c (v254), state by state. */
type State =
  | 'before key'
  | 'key'
  | 'before value'
  | 'value'
  | 'escaped'
  | 'single'
  | 'double'
  | 'double escaped'
  | 'comment'

export function readBySystemd(text: string): Map<string, string> {
  const seen = new Map<string, string>()
  let state: State = 'before key'
  let [key, value, kept] = ['', '', 0]
  const push = () => {
    seen.set(
      key.trimEnd(),
      state === 'value' ? value.slice(0, Math.max(kept, value.trimEnd().length)) : value,
    )
    ;[key, value, kept] = ['', '', 0]
  }
  for (const c of text) {
    const isEnd = c === '\n' || c === '\r'
    const isBlank = isEnd || c === ' ' || c === '\t'
    if (state === 'before key') {
      if (c === '#' || c === ';') state = 'comment'
      else if (!isBlank) [state, key] = ['key', c]
    } else if (state === 'key') {
      if (isEnd) [state, key] = ['before key', '']
      else if (c === '=') state = 'before value'
      else key += c
    } else if (state === 'before value' || state === 'value') {
      if (isEnd) {
        push()
        state = 'before key'
      } else if (c === '\\') state = 'escaped'
      else if (state === 'before value' && c === "'") state = 'single'
      else if (state === 'before value' && c === '"') state = 'double'
      else if (state === 'value' || !isBlank) [state, value] = ['value', value + c]
    } else if (state === 'escaped') {
      if (!isEnd) value += c
      ;[state, kept] = ['value', value.length]
    } else if (state === 'single') {
      if (c === "'") state = 'before value'
      else value += c
    } else if (state === 'double') {
      if (c === '"') state = 'before value'
      else if (c === '\\') state = 'double escaped'
      else value += c
    } else if (state === 'double escaped') {
      if ('"\\`$'.includes(c)) value += c
      else if (c !== '\n') value += `\\${c}`
      state = 'double'
    } else if (isEnd) state = 'before key'
  }
  if (state !== 'before key' && state !== 'key' && state !== 'comment') push()
  return seen
}
