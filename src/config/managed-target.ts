/** Consumers that somebody else runs and keyroller only asks for: containers of Podman, units of systemd. */
import { type Restartable, type SignalName, wayOptions } from '../core/target.ts'
import { withOptions } from '../core/target-text.ts'
import { containerName, LABEL_FORM, unitName } from './formats.ts'
import type { ParsedReload, TargetOptions, WrittenContainer, WrittenUnit } from './written-reload.ts'

export function containerTarget(written: WrittenContainer, base: TargetOptions): ParsedReload {
  if (written.restart === true && written.signal) return { expected: 'signal, or restart = true, not both' }
  const way = { signal: written.signal ?? ('HUP' as SignalName), ...restartOf(written) }
  if ('podman' in written) {
    const { podman: container } = written
    if (!containerName.safeParse(container).success) return { expected: 'podman: and a container name' }
    const text = withOptions(`podman:${container}`, wayOptions(way))
    return { kind: 'podman-name', container, ...way, ...base, text }
  }
  const { podman_label: label } = written
  const [, key, value] = LABEL_FORM.exec(label) ?? []
  if (key === undefined) return { expected: 'podman:label= and KEY or KEY=VALUE' }
  const text = withOptions(`podman:label=${label}`, wayOptions(way))
  return { kind: 'podman-label', key, ...(value === undefined ? {} : { value }), ...way, ...base, text }
}

export function unitTarget(written: WrittenUnit, base: TargetOptions): ParsedReload {
  const { systemd: unit } = written
  if (!unitName.safeParse(unit).success) return { expected: 'systemd: and a unit name with its suffix' }
  const way = restartOf(written)
  return { kind: 'systemd', unit, ...way, ...base, text: withOptions(`systemd:${unit}`, wayOptions(way)) }
}

function restartOf({ restart }: Pick<WrittenUnit, 'restart'>): Restartable {
  if (restart === undefined) return {}
  return { restart: restart === true ? 'always' : restart }
}
