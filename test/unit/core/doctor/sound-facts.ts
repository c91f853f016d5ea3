/** A host with nothing wrong, and what a test changes of it. */
import type {
  ConsumerFacts,
  ContainerFacts,
  DoctorFacts,
  HostFacts,
  SandboxFacts,
  ServerFacts,
  ServiceFacts,
  SystemdFacts,
  TimerFacts,
  UnitFacts,
} from '../../../../src/core/doctor/facts.ts'
import type { Material } from '../../../../src/core/material.ts'
import type { MaterialStatus } from '../../../../src/core/status/rungs.ts'
import {
  authority,
  certificate,
  config,
  DAY_MS,
  HOUR_MS,
  identity,
  NOW_MS,
  observation,
} from '../builders.ts'
import { systemd } from '../consumer-builders.ts'

export interface Changes {
  readonly facts?: Partial<DoctorFacts>
  readonly host?: Partial<HostFacts>
  /** Of the status of `certificate/web`. */
  readonly web?: Partial<MaterialStatus>
  readonly containers?: Partial<ContainerFacts>
  readonly systemd?: Partial<SystemdFacts>
  readonly timer?: Partial<TimerFacts>
  readonly service?: Partial<ServiceFacts>
  readonly sandbox?: Partial<SandboxFacts>
  readonly unit?: Partial<UnitFacts>
  readonly server?: Partial<ServerFacts>
}

export function soundFacts(changes: Changes = {}): DoctorFacts {
  return {
    nowMs: NOW_MS,
    uid: 0,
    configuration: { problems: [] },
    host: soundHost(changes),
    containers: { socket: '/run/podman/podman.sock', traps: [], ...changes.containers },
    systemd: {
      timer: {
        ...{ loadState: 'loaded', activeState: 'active', fileState: 'enabled', periodMs: HOUR_MS / 4 },
        ...changes.timer,
      },
      service: soundService(changes),
      podmanSocket: { loadState: 'loaded', fileState: 'enabled' },
      units: [soundUnit(changes)],
      ...changes.systemd,
    },
    consumers: [ofAccount(true, 'active')],
    users: [{ name: 'web', lingers: true }],
    server: {
      offsetMs: -700,
      logins: [{ subject: 'identity/agent', message: 'logs in' }],
      serverSide: [{ subject: 'identity/agent', state: 'as-configured', message: 'as configured' }],
      ...changes.server,
    },
    skew: [{ subject: 'keyroller', version: '0.1.0', verdict: 'same', message: 'tested with it' }],
    ...changes.facts,
  }
}

/** A unit of an account, as its manager has it. */
export function ofAccount(active: boolean, message: string): ConsumerFacts {
  const target = { ...systemd('app.service'), user: 'app', text: 'systemd:app.service?user=app' }
  return { target, name: 'app.service', active, message }
}

function soundHost({ host, web }: Changes): HostFacts {
  const materials = [identity('agent'), certificate('web', { reload: [systemd('nginx.service')] })]
  return {
    config: config(...materials),
    observation: observation(config(...materials)),
    statuses: materials.map((material) => ({
      ...soundStatus(material),
      ...(material.kind === 'certificate' ? web : {}),
    })),
    interrupted: false,
    trusted: [{ path: '/etc/keyroller/keyroller.toml', guarded: true }],
    directories: [directory('/home/web/tls'), directory('/var/lib/keyroller')],
    authorities: [
      { subject: '/etc/pki-root.pem', role: 'anchor', certificates: [authority('root')] },
      { subject: 'certificate/web', role: 'issuer', certificates: [authority('ca')] },
    ],
    ...host,
  }
}

/** Halfway through 30 days, due after 20. */
function soundStatus({ id }: Material): MaterialStatus {
  const yes = { state: 'yes', reason: 'because', message: 'as it should be' } as const
  return {
    id,
    ready: true,
    ...{ issued: yes, installed: yes, loaded: yes, served: yes, verified: yes },
    notBeforeMs: NOW_MS - 15 * DAY_MS,
    dueAtMs: NOW_MS + 5 * DAY_MS,
    notAfterMs: NOW_MS + 15 * DAY_MS,
    next: { action: 'keep', reason: 'current', message: 'nothing is due' },
    owed: [],
  }
}

export function directory(path: string) {
  return { path, mode: 0o750, holdsKeys: true, freeBytes: 2 ** 30, freeInodes: 100_000 }
}

/** As packaging ships it. */
export const SHIPPED: SandboxFacts = {
  protectSystem: 'strict',
  protectHome: 'no',
  privateTmp: true,
  readWrite: ['/var/lib/keyroller', '/run/keyroller'],
  readOnly: [],
  inaccessible: [],
  temporary: [],
  binds: [],
  readOnlyBinds: [],
}

function soundService({ service, sandbox }: Changes): ServiceFacts {
  return {
    loadState: 'loaded',
    needsReload: false,
    result: 'success',
    exitStatus: 0,
    lastRunMs: NOW_MS - HOUR_MS / 4,
    startTimeoutMs: 900_000,
    sandbox: { ...SHIPPED, ...sandbox },
    ...service,
  }
}

function soundUnit({ unit }: Changes): UnitFacts {
  return {
    unit: 'nginx.service',
    materials: ['certificate/web'],
    loadState: 'loaded',
    activeState: 'active',
    canReload: true,
    restarts: false,
    ...unit,
  }
}
