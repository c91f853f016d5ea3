/** Gathers what `keyroller doctor` judges. Changes nothing on the host; what cannot be looked at is a fact as well. */
import { existsSync } from 'node:fs'
import { readConfig } from '../config/load.ts'
import type { ConfigFlaw, DoctorFacts } from '../core/doctor/facts.ts'
import { toFault } from '../core/errors.ts'
import type { HostConfig } from '../core/host-config.ts'
import { lookAtConsumers } from './doctor/consumers.ts'
import { lookAtContainers } from './doctor/containers.ts'
import { lookAtHost } from './doctor/host-facts.ts'
import { lookAtServer } from './doctor/server.ts'
import { BOOTED, lookAtSystemd } from './doctor/systemd.ts'
import { lookAtUsers } from './doctor/users.ts'
import type { Host } from './host.ts'
import { findUnusable } from './observing/usable-config.ts'
import { reportSkew } from './server.ts'

export interface DoctorRequest {
  /** Unset: where every run looks for it. */
  readonly configFile?: string
  readonly host: Host
  readonly signal: AbortSignal
  /** Nothing is asked of the network. */
  readonly offline: boolean
}

/** Never throws for what it finds. */
export async function examine(request: DoctorRequest): Promise<DoctorFacts> {
  const { host, signal } = request
  const { config, problems } = readConfiguration(request)
  const about = { nowMs: host.clock(), uid: host.uid, configuration: { problems } }
  const systemd = await lookAtSystemd(config, host, signal)
  if (!config) return { ...about, ...(systemd ? { systemd } : {}) }
  const facts = lookAtHost(config, host, request.configFile)
  const containers = await lookAtContainers(config, host, signal)
  const { server, version } = request.offline ? {} : await lookAtServer(config, host, signal)
  const known = version ?? facts.observation.memory.server?.version
  return {
    ...about,
    host: facts,
    ...(containers ? { containers } : {}),
    consumers: await lookAtConsumers(config, host, request),
    ...(systemd ? { systemd } : {}),
    users: existsSync(BOOTED) ? lookAtUsers(config, host) : [],
    ...(server ? { server } : {}),
    skew: (await reportSkew(config, host, known)).lines,
  }
}

function readConfiguration({ host, configFile }: DoctorRequest): {
  readonly config?: HostConfig
  readonly problems: readonly ConfigFlaw[]
} {
  try {
    const file = configFile === undefined ? {} : { file: configFile }
    const read = readConfig({ env: host.env, uid: host.uid, ...file })
    const problems = 'problems' in read ? read.problems : findUnusable(read.config, host)
    const flaws = problems.map(({ file: path, at, expected, found }) => {
      return { subject: at === '' ? path : `${path}: ${at}`, expected, found }
    })
    return 'config' in read ? { config: read.config, problems: flaws } : { problems: flaws }
  } catch (error) {
    const { message, hint } = toFault(error)
    const expected = 'one that can be read and trusted'
    return { problems: [{ subject: 'configuration', expected, found: message, fix: hint }] }
  }
}
