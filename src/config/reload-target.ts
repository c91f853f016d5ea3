import { parseDuration } from '../core/duration.ts'
import { DEFAULT_RELOAD_TIMEOUT_MS, type ReloadTarget, type SignalName } from '../core/target.ts'
import { absolutePath, containerName, unitName } from './formats.ts'
import type { WrittenReload } from './schema.ts'

/** A reload target as configured, or the phrase that says what was expected instead. */
export function parseReload(written: WrittenReload): ReloadTarget | { readonly expected: string } {
  if (typeof written === 'string') return parseText(written)
  const timeoutMs = (written.timeout && parseDuration(written.timeout)) || DEFAULT_RELOAD_TIMEOUT_MS
  if ('podman' in written) return podmanName(written.podman, written.signal, timeoutMs)
  if ('podman_label' in written) return podmanLabel(written.podman_label, written.signal, timeoutMs)
  if ('systemd' in written) return systemd(written.systemd, timeoutMs)
  return exec(written.exec, timeoutMs)
}

function parseText(text: string): ReloadTarget | { readonly expected: string } {
  const colon = text.indexOf(':')
  const [kind, rest] = [text.slice(0, colon), text.slice(colon + 1)]
  switch (kind) {
    case 'podman':
      return rest.startsWith('label=') ? podmanLabel(rest.slice('label='.length)) : podmanName(rest)
    case 'systemd':
      return systemd(rest)
    case 'exec':
      return absolutePath.safeParse(rest).success ? exec([rest]) : { expected: 'exec: and an absolute path' }
    default:
      return { expected: 'podman:NAME, podman:label=KEY[=VALUE], systemd:UNIT or exec:/PROGRAM' }
  }
}

function podmanName(container: string, signal: SignalName = 'HUP', timeoutMs = DEFAULT_RELOAD_TIMEOUT_MS) {
  if (!containerName.safeParse(container).success) return { expected: 'podman: and a container name' }
  const text = `podman:${container}${signalSuffix(signal)}`
  return { kind: 'podman-name', container, signal, text, timeoutMs } as const
}

function podmanLabel(label: string, signal: SignalName = 'HUP', timeoutMs = DEFAULT_RELOAD_TIMEOUT_MS) {
  const match = /^([A-Za-z0-9][A-Za-z0-9._/-]*)(?:=([\x20-\x7e]*))?$/.exec(label)
  if (!match?.[1]) return { expected: 'a label like KEY or KEY=VALUE' }
  const value = match[2] === undefined ? {} : { value: match[2] }
  const text = `podman:label=${label}${signalSuffix(signal)}`
  return { kind: 'podman-label', key: match[1], ...value, signal, text, timeoutMs } as const
}

function systemd(unit: string, timeoutMs = DEFAULT_RELOAD_TIMEOUT_MS) {
  if (!unitName.safeParse(unit).success) return { expected: 'systemd: and a unit name with its suffix' }
  return { kind: 'systemd', unit, text: `systemd:${unit}`, timeoutMs } as const
}

function exec(argv: readonly [string, ...string[]], timeoutMs = DEFAULT_RELOAD_TIMEOUT_MS) {
  const text = argv.length === 1 ? `exec:${argv[0]}` : `exec:${JSON.stringify(argv)}`
  return { kind: 'exec', argv, text, timeoutMs } as const
}

/** Two signals to one container are two targets, so the text must tell them apart. */
function signalSuffix(signal: SignalName): string {
  return signal === 'HUP' ? '' : `?signal=${signal}`
}
