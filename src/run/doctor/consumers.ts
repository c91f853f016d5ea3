import type { ReloadTarget } from '../../core/consumers/target.ts'
import type { ConsumerFacts } from '../../core/doctor/facts.ts'
import type { HostConfig } from '../../core/host-config.ts'
import { reachOf } from '../consumers/reach.ts'
import type { Host } from '../host.ts'

interface Look {
  /** No name is resolved and no other host is asked. */
  readonly offline: boolean
  readonly signal: AbortSignal
}

/** Whoever is told through an engine, a manager or a listener that no other check asks. Changes nothing; never rejects. */
export async function lookAtConsumers(
  config: HostConfig,
  host: Host,
  { offline, signal }: Look,
): Promise<ConsumerFacts[]> {
  const targets = new Map(config.materials.flatMap(({ reload }) => reload.map((one) => [one.text, one])))
  const asked = [...targets.values()].filter((target) => isAsked(target, offline))
  if (asked.length === 0) return []
  const { findMemberStates } = await import('../../reload/active.ts')
  const reach = { ...reachOf(config, host), signal }
  const looks = await Promise.all(
    asked.map(async (target) => {
      const states = await findMemberStates(target, reach)
      return states.map(({ name, active, message }) => ({ target, name, active, message }))
    }),
  )
  return looks.flat()
}

function isAsked(target: ReloadTarget, offline: boolean): boolean {
  switch (target.kind) {
    case 'podman-name':
    case 'podman-label':
      return target.user !== undefined || target.socketPath !== undefined
    case 'systemd':
      return target.user !== undefined
    case 'http':
      return !offline || target.socketPath !== undefined
    case 'docker-name':
    case 'docker-label':
    case 'socket':
      return true
    case 'exec':
    case 'signal':
      return false
  }
}
