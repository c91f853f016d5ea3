import { existsSync, readFileSync } from 'node:fs'
import type { ReloadTarget } from '../../core/consumers/target.ts'
import type { UserFacts } from '../../core/doctor/facts.ts'
import type { HostConfig } from '../../core/host-config.ts'
import { ownerOfSocket } from '../../reload/owned-socket.ts'
import type { Host } from '../host.ts'

/** Where systemd-logind keeps the names of those who linger. */
const LINGERING = '/var/lib/systemd/linger'

/** Whoever keyroller runs as, whose podman it asks, and whose containers and units it tells; root needs no login. */
export function lookAtUsers({ podmanSocket, materials }: HostConfig, { uid }: Host): UserFacts[] {
  const owner = ownerOfSocket(podmanSocket)
  const ids = new Set([uid, ...(owner === undefined ? [] : [owner])])
  ids.delete(0)
  const told = materials.flatMap(({ reload }) => reload.flatMap(userTold))
  const names = new Set([...ids, ...told].map(nameOf))
  return [...names].map((name) => ({ name, lingers: existsSync(`${LINGERING}/${name}`) }))
}

/** A program that runs as somebody needs nothing of that user's to run already. */
function userTold(target: ReloadTarget): (string | number)[] {
  if (target.kind === 'exec' || !('user' in target) || target.user === undefined) return []
  return [/^\d+$/.test(target.user) ? Number(target.user) : target.user]
}

/** passwd(5): name:password:uid:…; the number itself for an account from elsewhere. */
function nameOf(id: number | string): string {
  if (typeof id === 'string') return id
  const entry = new RegExp(`^([^:\\n]+):[^:\\n]*:${id}:`, 'm').exec(readFileSync('/etc/passwd', 'utf8'))
  return entry?.[1] ?? `${id}`
}
