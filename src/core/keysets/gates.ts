/** What must be so on the host and around it before a version is put in use; a gate that is shut says who or what is missing. */
import { nameSome } from '../name-some.ts'

export interface KeysetFacts {
  readonly controlPlane: ControlPlane
  /** On this host: who was told of which versions and proved it. */
  readonly consumers: readonly Knower[]
  /** Every host registered for the keyset, with the versions that it has installed and loaded by its card; none where it is not shared. */
  readonly hosts: readonly Knower[]
}

/** Whatever must answer while keys change; `unneeded` where nothing must. */
export type ControlPlane =
  | { readonly state: 'reachable' | 'unneeded' }
  | { readonly state: 'unreachable'; readonly why: string }

export interface Knower {
  readonly name: string
  /** Numbers of versions. */
  readonly knows: readonly number[]
  /** What the run that puts a version in use will have installed itself. */
  readonly isThisHost?: true
}

export interface ShutGate {
  readonly gate: 'control-plane' | 'consumers' | 'hosts'
  readonly message: string
}

/** Those that are shut for a version, in this order; empty when it may be put in use. */
export function shutGates(version: number, { controlPlane, consumers, hosts }: KeysetFacts): ShutGate[] {
  const shut: ShutGate[] = []
  if (controlPlane.state === 'unreachable')
    shut.push({
      gate: 'control-plane',
      message: `expected a control plane that answers, found ${controlPlane.why}`,
    })
  for (const [gate, knowers] of [['consumers', consumers] as const, ['hosts', hosts] as const]) {
    const behind = namesBehind(version, knowers)
    if (behind.length > 0)
      shut.push({
        gate,
        message: `expected all ${gate} to know version ${version}, not yet do ${nameSome(behind)}`,
      })
  }
  return shut
}

function namesBehind(version: number, knowers: readonly Knower[]): string[] {
  return knowers.filter(({ knows }) => !knows.includes(version)).map(({ name }) => name)
}
