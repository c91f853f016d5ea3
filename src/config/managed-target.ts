/** Consumers that somebody else runs and keyroller only asks for: containers of Podman, units of systemd. */
import { type Restartable, type SignalName, wayOptions } from '../core/consumers/target.ts'
import { withOptions } from '../core/consumers/target-text.ts'
import { containerName, LABEL_FORM, unitName } from './formats.ts'
import type { ParsedReload, TargetOptions, WrittenContainer, WrittenUnit } from './written-reload.ts'

export function containerTarget(written: WrittenContainer, base: TargetOptions): ParsedReload {
  if (written.restart === true && written.signal) return { expected: 'signal, or restart = true, not both' }
  const way = { signal: written.signal ?? ('HUP' as SignalName), ...restartOf(written) }
  const { engine, named, isLabel } = meantBy(written)
  if (!isLabel) {
    if (!containerName.safeParse(named).success) return { expected: `${engine}: and a container name` }
    const text = withOptions(`${engine}:${named}`, wayOptions(way))
    return { kind: `${engine}-name`, container: named, ...way, ...base, text }
  }
  const [, key, value] = LABEL_FORM.exec(named) ?? []
  if (key === undefined) return { expected: `${engine}:label= and KEY or KEY=VALUE` }
  const text = withOptions(`${engine}:label=${named}`, wayOptions(way))
  return { kind: `${engine}-label`, key, ...(value === undefined ? {} : { value }), ...way, ...base, text }
}

function meantBy(written: WrittenContainer) {
  if ('podman' in written) return { engine: 'podman', named: written.podman, isLabel: false } as const
  if ('podman_label' in written)
    return { engine: 'podman', named: written.podman_label, isLabel: true } as const
  if ('docker' in written) return { engine: 'docker', named: written.docker, isLabel: false } as const
  return { engine: 'docker', named: written.docker_label, isLabel: true } as const
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
