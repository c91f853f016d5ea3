/**
 * Version skew: how far this build and the agents on this host are from the server. Skew is no failure; it must be seen on
 * the day of an upgrade, not at expiry.
 */

export type SkewVerdict = 'same' | 'patch' | 'minor' | 'major' | 'untested' | 'unknown'

export interface SkewLine {
  /** `keyroller`, or the path of an agent binary. */
  readonly subject: string
  readonly version: string
  readonly verdict: SkewVerdict
  readonly message: string
}

/** Server versions this build's integration suite ran against; a test compares the list with the rig's pin. */
export const TESTED_SERVERS = ['1.21.1'] as const

export interface AgentVersion {
  readonly binary: string
  /** Undefined when the binary would not say. */
  readonly version?: string
}

/** One line for keyroller itself, then one per agent binary, in the order given. `server` is undefined when unknown. */
export function judgeSkew(
  server: string | undefined,
  build: string,
  agents: readonly AgentVersion[],
): SkewLine[] {
  return [
    { subject: 'keyroller', version: build, ...judgeBuild(server) },
    ...agents.map(({ binary, version }) => ({
      subject: binary,
      version: version ?? 'unknown',
      ...judgeAgent(version, server),
    })),
  ]
}

function judgeBuild(server: string | undefined): Pick<SkewLine, 'verdict' | 'message'> {
  const tested = TESTED_SERVERS.join(', ')
  if (!server || !parseVersion(server))
    return { verdict: 'unknown', message: `tested with ${tested}, server unknown` }
  const nearest = TESTED_SERVERS.map((version) => compare(version, server))
  const verdict = nearest.includes('same') ? 'same' : nearest.includes('patch') ? 'patch' : 'untested'
  return { verdict, message: `tested with ${tested}, server is ${server}` }
}

function judgeAgent(
  agent: string | undefined,
  server: string | undefined,
): Pick<SkewLine, 'verdict' | 'message'> {
  const verdict = agent && server ? compare(agent, server) : 'unknown'
  return { verdict, message: `agent is ${agent ?? 'unknown'}, server is ${server ?? 'unknown'}` }
}

function compare(a: string, b: string): Exclude<SkewVerdict, 'untested'> {
  const [x, y] = [parseVersion(a), parseVersion(b)]
  if (!x || !y) return 'unknown'
  if (x[0] !== y[0]) return 'major'
  if (x[1] !== y[1]) return 'minor'
  return x[2] === y[2] ? 'same' : 'patch'
}

/** Pre-release and build parts (`1.20.4+ent`, `2.0.0-beta1`) do not count. */
function parseVersion(text: string): [number, number, number] | undefined {
  const match = /^v?(\d+)\.(\d+)\.(\d+)(?:[-+].*)?$/.exec(text)
  return match ? [Number(match[1]), Number(match[2]), Number(match[3])] : undefined
}
