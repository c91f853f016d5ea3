/**
 * Files of `NAME=value` lines. With `shell` what sh(1) reads and what systemd reads by EnvironmentFile= (systemd.exec(5)) is
 * the same, because both take off one backslash before " \ ` $ within double quotes and nothing else there. Podman and Docker
 * take what stands behind the = as it is, quotes included: for them there is `none`.
 */
import type { EnvQuoting } from '../file-spec.ts'

/** The text, or why there can be none; values are never quoted in that. */
export function formatEnv(
  entries: readonly (readonly [name: string, value: string])[],
  quoting: EnvQuoting,
): { readonly text: string } | { readonly fault: string } {
  for (const [name, value] of entries) {
    const fault = findUnfit(name, value, quoting)
    if (fault !== undefined) return { fault }
  }
  const lines = entries.map(([name, value]) => `${name}=${quoting === 'shell' ? quote(value) : value}\n`)
  return { text: lines.join('') }
}

function findUnfit(name: string, value: string, quoting: EnvQuoting): string | undefined {
  if (!NAME.test(name))
    return `expected a field that can be a variable for the env file, found ${JSON.stringify(name)}`
  if (value.includes('\0'))
    return `expected no zero byte in field ${name}, found one: no environment holds it`
  if (NONCHARACTER.test(value))
    return `expected no Unicode noncharacter in field ${name}, found one: systemd takes no such file`
  if (quoting === 'none' && /[\r\n]/.test(value))
    return `expected one line in field ${name} for quoting = "none", found several`
  return undefined
}

/** POSIX.1-2017 §8.1; systemd ignores lines with other names. */
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/

/** Not valid in systemd's reading of UTF-8, which then takes none of the file. */
const NONCHARACTER = /\p{Noncharacter_Code_Point}/u

/** What needs no quotes has none, so that readers that know none agree on it too. */
function quote(value: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]*$/.test(value) ? value : `"${value.replace(/["\\`$]/g, '\\$&')}"`
}
