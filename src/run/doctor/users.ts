import { existsSync, readFileSync } from 'node:fs'
import type { UserFacts } from '../../core/doctor/facts.ts'
import type { HostConfig } from '../../core/host-config.ts'
import type { Host } from '../host.ts'

/** Where systemd-logind keeps the names of those who linger. */
const LINGERING = '/var/lib/systemd/linger'

/** Whoever keyroller runs as, and whose podman it asks; root needs no login. */
export function lookAtUsers({ podmanSocket }: HostConfig, { uid }: Host): UserFacts[] {
  const ofSocket = /^\/run\/user\/(\d+)\//.exec(podmanSocket)?.[1]
  const ids = new Set([uid, ...(ofSocket === undefined ? [] : [Number(ofSocket)])])
  ids.delete(0)
  return [...ids].map((id) => {
    const name = nameOf(id)
    return { name, lingers: existsSync(`${LINGERING}/${name}`) }
  })
}

/** passwd(5): name:password:uid:…; the number itself for an account from elsewhere. */
function nameOf(id: number): string {
  const entry = new RegExp(`^([^:\\n]+):[^:\\n]*:${id}:`, 'm').exec(readFileSync('/etc/passwd', 'utf8'))
  return entry?.[1] ?? `${id}`
}
