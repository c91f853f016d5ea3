import { parseDuration } from '../core/duration.ts'
import {
  DEFAULT_RELOAD_TIMEOUT_MS,
  type ReloadTarget,
  type Restartable,
  SIGNALS,
  type SignalName,
  wayOf,
} from '../core/target.ts'
import { absolutePath, containerName, LABEL_FORM, unitName } from './formats.ts'

export const RELOAD_TEXTS = 'podman:NAME, podman:label=KEY[=VALUE], systemd:UNIT or exec:/PROGRAM'

/** A reload target as it is written: its text form, or a table that can say more. */
export type WrittenReload = string | WrittenTable

type WrittenTable = { readonly timeout?: string | undefined } & (
  | ({ readonly podman: string } & WrittenWay)
  | ({ readonly podman_label: string } & WrittenWay)
  | ({ readonly systemd: string } & Pick<WrittenWay, 'restart'>)
  | { readonly exec: readonly [string, ...string[]] }
)

/** How a consumer is told. */
interface WrittenWay {
  readonly signal?: SignalName | undefined
  readonly restart?: true | 'if-needed' | undefined
}

/** What a target is beside whom it means. */
type Way = Restartable & { readonly signal: SignalName; readonly timeoutMs: number }

type Parsed = ReloadTarget | { readonly expected: string }

/** The target, or the phrase that says what was expected instead. The text of a target parses to the same target again. */
export function parseReload(written: WrittenReload): Parsed {
  if (typeof written === 'string') return parseText(written)
  const timeoutMs = (written.timeout && parseDuration(written.timeout)) || DEFAULT_RELOAD_TIMEOUT_MS
  if ('exec' in written) return exec(written.exec, timeoutMs)
  const restart = written.restart === true ? 'always' : written.restart
  const signal = 'signal' in written ? written.signal : undefined
  if (restart === 'always' && signal) return { expected: 'signal, or restart = true, not both' }
  const way: Way = { signal: signal ?? 'HUP', ...(restart ? { restart } : {}), timeoutMs }
  if ('podman' in written) return podmanName(written.podman, way)
  if ('podman_label' in written) return podmanLabel(written.podman_label, way)
  return systemd(written.systemd, way)
}

function parseText(text: string): Parsed {
  const colon = text.indexOf(':')
  const [kind, rest] = [text.slice(0, colon), text.slice(colon + 1)]
  switch (kind) {
    case 'podman':
      return parsePodman(rest)
    case 'systemd':
      return parseSystemd(rest)
    case 'exec':
      return parseExec(rest)
    default:
      return { expected: RELOAD_TEXTS }
  }
}

const DEFAULT_WAY: Way = { signal: 'HUP', timeoutMs: DEFAULT_RELOAD_TIMEOUT_MS }
const RESTART: Way = { ...DEFAULT_WAY, restart: 'always' }

function parsePodman(rest: string): Parsed {
  const { named, wayText } = splitWay(rest)
  const signal = SIGNALS.find((one) => wayText === `signal=${one}`)
  const way = wayText === undefined ? DEFAULT_WAY : wayText === 'restart' ? RESTART : undefined
  if (!signal && !way) return { expected: `?restart, or ?signal= and one of ${SIGNALS.join(', ')}` }
  const told = way ?? { ...DEFAULT_WAY, signal: signal ?? 'HUP' }
  return named.startsWith('label=')
    ? podmanLabel(named.slice('label='.length), told)
    : podmanName(named, told)
}

function splitWay(rest: string): { readonly named: string; readonly wayText: string | undefined } {
  const mark = rest.indexOf('?')
  if (mark < 0) return { named: rest, wayText: undefined }
  return { named: rest.slice(0, mark), wayText: rest.slice(mark + 1) }
}

function podmanName(container: string, way: Way): Parsed {
  if (!containerName.safeParse(container).success) return { expected: 'podman: and a container name' }
  return { kind: 'podman-name', container, ...way, text: `podman:${container}${wayOf(way)}` }
}

function podmanLabel(label: string, way: Way): Parsed {
  const match = LABEL_FORM.exec(label)
  if (!match?.[1]) return { expected: 'podman:label= and KEY or KEY=VALUE' }
  const value = match[2] === undefined ? {} : { value: match[2] }
  const text = `podman:label=${label}${wayOf(way)}`
  return { kind: 'podman-label', key: match[1], ...value, ...way, text }
}

function parseSystemd(rest: string): Parsed {
  const { named, wayText } = splitWay(rest)
  if (wayText === undefined) return systemd(named, DEFAULT_WAY)
  return wayText === 'restart' ? systemd(named, RESTART) : { expected: 'nothing or ?restart after the unit' }
}

function systemd(unit: string, { signal: _, ...way }: Way): Parsed {
  if (!unitName.safeParse(unit).success) return { expected: 'systemd: and a unit name with its suffix' }
  return { kind: 'systemd', unit, ...way, text: `systemd:${unit}${wayOf(way)}` }
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
