/** Who the invented hosts are and what happens to them, in hours before the picture. */
import type { Keyset, Paired } from '../../src/core/material.ts'
import { certificate, HOUR_MS, identity } from '../../test/unit/core/builders.ts'
import { PROBE, podman, systemd } from '../../test/unit/core/consumer-builders.ts'
import { keyset } from '../../test/unit/core/keyset-builders.ts'

export interface Host {
  readonly instance: string
  readonly server: string
  readonly leaves: readonly Leaf[]
  readonly keyset?: KeysetOfHost
  readonly consumerDownHours?: number
  readonly timerStopsHours?: number
  readonly deniedHours?: number
}

export interface KeysetOfHost {
  readonly material: Keyset
  /** Since when its first version is in use. */
  readonly activeHours: number
}

export interface Leaf {
  readonly material: Paired
  readonly lifeHours: number
  /** When the certificate was issued that it begins with. */
  readonly issuedHours: number
}

const web = certificate('web', { reload: [podman('proxy')], probes: [PROBE] })
const api = certificate('api', { reload: [systemd('api.service')] })
const db = certificate('db', { reload: [systemd('postgresql.service')] })

export const HOSTS: readonly Host[] = [
  {
    instance: 'web-1:9100',
    server: '1.21.1',
    leaves: [agent(50), ofADay(web, 37), ofADay(api, 30)],
    keyset: { material: keysOf('tokens', 24, 2), activeHours: 27 },
    consumerDownHours: 6,
  },
  { instance: 'web-2:9100', server: '1.21.1', leaves: [agent(30), ofADay(web, 35)], timerStopsHours: 7 },
  {
    instance: 'db-1:9100',
    server: '1.21.3',
    leaves: [agent(60), ofADay(db, 38)],
    keyset: { material: keysOf('tickets', 12, 4), activeHours: 30 },
    deniedHours: 9,
  },
]

function keysOf(name: string, rotateHours: number, aheadHours: number): Keyset {
  const { policy, ...material } = keyset(name, { reload: [podman('proxy')] })
  const times = { rotateEveryMs: rotateHours * HOUR_MS, publishAheadMs: aheadHours * HOUR_MS }
  return { ...material, policy: { ...policy, ...times, longestLifetimeMs: HOUR_MS, acceptForMs: HOUR_MS } }
}

function agent(issuedHours: number): Leaf {
  return { material: identity('agent'), lifeHours: 72, issuedHours }
}

function ofADay(material: Paired, issuedHours: number): Leaf {
  return { material, lifeHours: 24, issuedHours }
}
