/** Consumers that somebody else runs and keyroller only asks for: containers of Podman, units of systemd. */
import { placeOptions, type Restartable, type SignalName, wayOptions } from '../core/consumers/target.ts'
import { withOptions } from '../core/consumers/target-text.ts'
import { containerName, LABEL_FORM, oneLineText, socketPath, unitName, userName } from './formats.ts'
import type { ParsedReload, TargetOptions, WrittenContainer, WrittenUnit } from './written-reload.ts'

export function containerTarget(written: WrittenContainer, base: TargetOptions): ParsedReload {
  const fault = faultOf(written)
  if (fault !== undefined) return { expected: fault }
  const { exec: argv, user, socket } = written
  const way = {
    signal: written.signal ?? ('HUP' as SignalName),
    ...restartOf(written),
    ...(argv === undefined ? {} : { argv }),
    ...(user === undefined ? {} : { user }),
    ...(socket === undefined ? {} : { socketPath: socket }),
  }
  const textOf = (named: string) => withOptions(named, [...placeOptions(way), ...wayOptions(way)])
  const { engine, named, isLabel } = meantBy(written)
  if (!isLabel) {
    if (!containerName.safeParse(named).success) return { expected: `${engine}: and a container name` }
    return { kind: `${engine}-name`, container: named, ...way, ...base, text: textOf(`${engine}:${named}`) }
  }
  const [, key, value] = LABEL_FORM.exec(named) ?? []
  if (key === undefined) return { expected: `${engine}:label= and KEY or KEY=VALUE` }
  const text = textOf(`${engine}:label=${named}`)
  return { kind: `${engine}-label`, key, ...(value === undefined ? {} : { value }), ...way, ...base, text }
}

/** What was expected of its options; undefined where they are right. */
function faultOf({ signal, exec, restart, user, socket }: WrittenContainer): string | undefined {
  if ([signal, exec, restart === true || undefined].filter(Boolean).length > 1)
    return 'one of signal, exec and restart = true'
  if (exec && !exec.every((one) => oneLineText.safeParse(one).success))
    return 'exec= with one line of printable characters each'
  if (user !== undefined && !userName.safeParse(user).success) return 'user= and an account'
  if (socket !== undefined && !socketPath.safeParse(socket).success)
    return 'socket= and the absolute path of a socket'
  return undefined
}

function meantBy(written: WrittenContainer) {
  if ('podman' in written) return { engine: 'podman', named: written.podman, isLabel: false } as const
  if ('podman_label' in written)
    return { engine: 'podman', named: written.podman_label, isLabel: true } as const
  if ('docker' in written) return { engine: 'docker', named: written.docker, isLabel: false } as const
  return { engine: 'docker', named: written.docker_label, isLabel: true } as const
}

export function unitTarget(written: WrittenUnit, base: TargetOptions): ParsedReload {
  const { systemd: unit, user } = written
  if (!unitName.safeParse(unit).success) return { expected: 'systemd: and a unit name with its suffix' }
  if (user !== undefined && !userName.safeParse(user).success) return { expected: 'user= and an account' }
  const way = { ...restartOf(written), ...(user === undefined ? {} : { user }) }
  const text = withOptions(`systemd:${unit}`, [...placeOptions(way), ...wayOptions(way)])
  return { kind: 'systemd', unit, ...way, ...base, text }
}

function restartOf({ restart }: Pick<WrittenUnit, 'restart'>): Restartable {
  if (restart === undefined) return {}
  return { restart: restart === true ? 'always' : restart }
}
