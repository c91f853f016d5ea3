/** The server side as a host sees it with no more than its own login: its policies, its rights, and what it may read. Pure. */
import type { Identity, MaterialId } from '../material.ts'
import type { ServerChange } from './compare.ts'
import type { PolicyPath } from './policy.ts'
import type { ServerItem, WantedMapping } from './wanted.ts'

export interface ServerSideCheck {
  readonly subject: MaterialId
  /** `unseen` says nothing against the server: a host has no business reading most of it. */
  readonly state: 'as-configured' | 'drift' | 'unseen'
  readonly message: string
}

type Finding = Omit<ServerSideCheck, 'subject'>

/** Capabilities by path; undefined when the token may not ask for them. */
export type Rights = ReadonlyMap<string, readonly string[]> | undefined

/**
 * A policy that is configured by name must be attached and one that is to be dropped must not be. The name that keyroller gives
 * to a policy by itself is only a name: what it would allow is looked for in the rights.
 */
export function judgePolicies(
  { server }: Pick<Identity, 'server'>,
  mapping: Pick<WantedMapping, 'policies' | 'dropPolicies'>,
  attached: readonly string[],
): Finding {
  const named = [...(server.policy === undefined ? [] : [server.policy]), ...(server.policies ?? [])]
  const faults = [
    ...named.filter((name) => !attached.includes(name)).map((name) => `expected policy ${name}, found none`),
    ...mapping.dropPolicies
      .filter((name) => attached.includes(name))
      .map((name) => `expected no policy ${name}, found it attached`),
  ]
  if (faults.length > 0) return { state: 'drift', message: faults.join('; ') }
  const others = attached.filter((name) => name !== 'default' && !mapping.policies.includes(name))
  const beside = others.length > 0 ? `; beside what is configured: ${others.join(', ')}` : ''
  return { state: 'as-configured', message: `the policies of its token are as configured${beside}` }
}

/** Whether the token may do everything that a run asks for. */
export function judgeRights(paths: readonly PolicyPath[], rights: Rights): Finding {
  if (!rights)
    return { state: 'unseen', message: 'what its token may do cannot be seen with the rights of this host' }
  const faults = paths.flatMap(({ path, capabilities }) => {
    const found = rights.get(path) ?? []
    const missing = found.includes('root') ? [] : capabilities.filter((one) => !found.includes(one))
    return missing.length > 0
      ? [`expected ${missing.join(' and ')} on ${path}, found ${found.join(', ') || 'nothing'}`]
      : []
  })
  if (faults.length > 0) return { state: 'drift', message: faults.join('; ') }
  return {
    state: 'as-configured',
    message: `its token may do all that is asked: ${paths.map(({ path }) => path).join(', ')}`,
  }
}

/** Whether the token may read what is at a path. */
export function isReadable(path: string, rights: Rights): boolean {
  return (rights?.get(path) ?? []).some((one) => one === 'read' || one === 'root')
}

/** Everything that is kept in one sentence; every other change for itself. */
export function tellChanges(changes: readonly ServerChange[]): Finding[] {
  const kept = changes.flatMap((one) => (one.action === 'keep' ? [one.path] : []))
  const drifted = changes.flatMap((one): Finding[] =>
    one.action === 'keep' ? [] : [{ state: 'drift', message: `${one.path}: ${driftOf(one)}` }],
  )
  if (kept.length === 0) return drifted
  return [{ state: 'as-configured', message: `as configured: ${kept.join(', ')}` }, ...drifted]
}

function driftOf(change: Exclude<ServerChange, { action: 'keep' }>): string {
  if (change.action === 'refuse' || change.action === 'seed') return change.message
  if (change.action === 'create') return 'expected it, found none'
  return change.differences
    .map(({ field, wanted, found }) => `${field}: expected ${inWords(wanted)}, found ${inWords(found)}`)
    .join('; ')
}

/** A policy or a certificate is too long for a line. */
function inWords(value: unknown): string {
  if (value === undefined || value === null) return 'none'
  const text = JSON.stringify(value)
  return text.length > MAX_CHARS ? 'another text' : text
}

const MAX_CHARS = 120

/** One calm sentence for everything that only an operator sees; undefined when there is nothing of the kind. */
export function tellUnseen(items: readonly ServerItem[]): Finding | undefined {
  if (items.length === 0) return undefined
  const names = items.map(nameOf).join(', ')
  return {
    state: 'unseen',
    message: `cannot be seen with the rights of this host: ${names}; keyroller vault plan compares them`,
  }
}

function nameOf(item: ServerItem): string {
  switch (item.kind) {
    case 'pki':
    case 'kv':
    case 'auth':
      return `mount ${item.mount}`
    case 'role':
      return `role ${item.role}`
    case 'policy':
      return `policy ${item.name}`
    case 'mapping':
      return `mapping ${item.mapping.name}`
    case 'cert-only':
      return 'other auth methods'
    case 'seed':
      return item.secret.id
  }
}
