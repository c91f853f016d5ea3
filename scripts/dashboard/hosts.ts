/** Who the invented hosts are and what happens to them, in hours before the picture. */
import type { Paired } from '../../src/core/material.ts'
import { certificate, identity } from '../../test/unit/core/builders.ts'
import { PROBE, podman, systemd } from '../../test/unit/core/consumer-builders.ts'

export interface Host {
  readonly instance: string
  readonly server: string
  readonly leaves: readonly Leaf[]
  readonly consumerDownHours?: number
  readonly timerStopsHours?: number
  readonly deniedHours?: number
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
    consumerDownHours: 6,
  },
  { instance: 'web-2:9100', server: '1.21.1', leaves: [agent(30), ofADay(web, 35)], timerStopsHours: 7 },
  { instance: 'db-1:9100', server: '1.21.3', leaves: [agent(60), ofADay(db, 38)], deniedHours: 9 },
]

function agent(issuedHours: number): Leaf {
  return { material: identity('agent'), lifeHours: 72, issuedHours }
}

function ofADay(material: Paired, issuedHours: number): Leaf {
  return { material, lifeHours: 24, issuedHours }
}
