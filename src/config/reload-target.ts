import { parseDuration } from '../core/duration.ts'
import { DEFAULT_RELOAD_TIMEOUT_MS, type ReloadTarget, SIGNALS, type SignalName } from '../core/target.ts'
import { absolutePath, containerName, LABEL_FORM, unitName } from './formats.ts'

export const RELOAD_TEXTS = 'podman:NAME, podman:label=KEY[=VALUE], systemd:UNIT or exec:/PROGRAM'

/** A reload target as it is written: its text form, or a table that can say more. */
export type WrittenReload = string | WrittenTable

type WrittenTable = { readonly timeout?: string | undefined } & (
  | { readonly podman: string; readonly signal: SignalName }
  | { readonly podman_label: string; readonly signal: SignalName }
  | { readonly systemd: string }
  | { readonly exec: readonly [string, ...string[]] }
)

type Parsed = ReloadTarget | { readonly expected: string }

/** The target, or the phrase that says what was expected instead. The text of a target parses to the same target again. */
export function parseReload(written: WrittenReload): Parsed {
  if (typeof written === 'string') return parseText(written)
  const timeoutMs = (written.timeout && parseDuration(written.timeout)) || DEFAULT_RELOAD_TIMEOUT_MS
  if ('podman' in written) return podmanName(written.podman, written.signal, timeoutMs)
  if ('podman_label' in written) return podmanLabel(written.podman_label, written.signal, timeoutMs)
  if ('systemd' in written) return systemd(written.systemd, timeoutMs)
  return exec(written.exec, timeoutMs)
}

function parseText(text: string): Parsed {
  const colon = text.indexOf(':')
  const [kind, rest] = [text.slice(0, colon), text.slice(colon + 1)]
  switch (kind) {
    case 'podman':
      return parsePodman(rest)
    case 'systemd':
      return systemd(rest)
    case 'exec':
      return parseExec(rest)
    default:
      return { expected: RELOAD_TEXTS }
  }
}

const SIGNAL_SUFFIX = /^(.*)\?signal=(.*)$/

function parsePodman(rest: string): Parsed {
  const [, named = rest, wanted = 'HUP'] = SIGNAL_SUFFIX.exec(rest) ?? []
  const signal = SIGNALS.find((one) => one === wanted)
  if (!signal) return { expected: `?signal= and one of ${SIGNALS.join(', ')}` }
  return named.startsWith('label=')
    ? podmanLabel(named.slice('label='.length), signal)
    : podmanName(named, signal)
}

function podmanName(container: string, signal: SignalName, timeoutMs = DEFAULT_RELOAD_TIMEOUT_MS): Parsed {
  if (!containerName.safeParse(container).success) return { expected: 'podman: and a container name' }
  const text = `podman:${container}${signalSuffix(signal)}`
  return { kind: 'podman-name', container, signal, text, timeoutMs }
}

function podmanLabel(label: string, signal: SignalName, timeoutMs = DEFAULT_RELOAD_TIMEOUT_MS): Parsed {
  const match = LABEL_FORM.exec(label)
  if (!match?.[1]) return { expected: 'podman:label= and KEY or KEY=VALUE' }
  const value = match[2] === undefined ? {} : { value: match[2] }
  const text = `podman:label=${label}${signalSuffix(signal)}`
  return { kind: 'podman-label', key: match[1], ...value, signal, text, timeoutMs }
}

/** Two signals to one container are two targets, so the text must tell them apart. */
function signalSuffix(signal: SignalName): string {
  return signal === 'HUP' ? '' : `?signal=${signal}`
}

function systemd(unit: string, timeoutMs = DEFAULT_RELOAD_TIMEOUT_MS): Parsed {
  if (!unitName.safeParse(unit).success) return { expected: 'systemd: and a unit name with its suffix' }
  return { kind: 'systemd', unit, text: `systemd:${unit}`, timeoutMs }
}

/** A path, or a JSON array of the program and its arguments. */
function parseExec(rest: string): Parsed {
  const argv = rest.startsWith('[') ? parseArgv(rest) : [rest]
  const [program, ...args] = argv ?? []
  if (program === undefined || !absolutePath.safeParse(program).success)
    return { expected: 'exec: and an absolute path' }
  return exec([program, ...args])
}

function parseArgv(text: string): string[] | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const isArgv = Array.isArray(value) && value.every((one) => typeof one === 'string')
    return isArgv ? value : undefined
  } catch {
    return undefined
  }
}

function exec(argv: readonly [string, ...string[]], timeoutMs = DEFAULT_RELOAD_TIMEOUT_MS): Parsed {
  const text = argv.length === 1 ? `exec:${argv[0]}` : `exec:${JSON.stringify(argv)}`
  return { kind: 'exec', argv, text, timeoutMs }
}

/** What the schema has let through. */
export function interpretReload(written: WrittenReload): ReloadTarget {
  const target = parseReload(written)
  if ('expected' in target) throw new Error(`the schema let a reload target through: ${target.expected}`)
  return target
}
