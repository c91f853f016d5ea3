/** Whom to tell and where to look, as the configuration makes it. */
import type { TlsProbe } from '../../../src/core/consumers/probe.ts'
import type { PodmanNameTarget, SystemdTarget } from '../../../src/core/consumers/target.ts'
import type { MaterialId } from '../../../src/core/material.ts'
import type { OwedReload } from '../../../src/core/memory.ts'
import { HOUR_MS, NOW_MS } from './builders.ts'

export function podman(container: string): PodmanNameTarget {
  return { kind: 'podman-name', container, signal: 'HUP', text: `podman:${container}`, timeoutMs: 30_000 }
}

export function systemd(unit: string): SystemdTarget {
  return { kind: 'systemd', unit, text: `systemd:${unit}`, timeoutMs: 30_000 }
}

export function owed(
  target: string,
  materials: readonly MaterialId[],
  changes: Partial<OwedReload> = {},
): OwedReload {
  return { target, materials, sinceMs: NOW_MS - HOUR_MS, attempts: 1, ...changes }
}

export const PROBE: TlsProbe = {
  kind: 'tls',
  address: { host: '127.0.0.1', port: 443 },
  text: '127.0.0.1:443',
  serverName: 'web.int.privsec.ch',
  alpn: [],
  strict: false,
  timeoutMs: 15_000,
}
