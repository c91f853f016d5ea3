/** A host in a folder with a configuration, an agent and a web certificate, and the command line of keyroller upon it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Edge } from '../../../src/cli/edge.ts'
import { runProgram } from '../../../src/cli/program.ts'
import { keptSetName } from '../../../src/core/kept-set.ts'
import { saveKeptSets } from '../../../src/files/own/kept-sets.ts'
import { checkStatuses } from '../../rig/status-schema.ts'
import { authority, DAY_MS, type Issued, issue, NOW_MS, type Order } from '../x509/authority.ts'

export interface Stage {
  readonly folder: string
  readonly agent: Issued
  readonly web: Issued
  /** Runs one command line; `--config` is added for every verb that takes it. */
  readonly keyroller: (args: string, options?: RunOptions) => Promise<Spoken>
  readonly place: (name: string, text: string, mode?: number) => void
  readonly configure: (change: (text: string) => string) => void
  /** Leaves a pair among what is kept of `certificate/web`, replaced a day ago; its serial is told as the next of S3, S4, … */
  readonly keep: (order?: KeptOrder) => Promise<Issued>
  /** A pair for the web certificate that is nowhere yet, from now for 30 days; its serial is told as the next, too. */
  readonly issue: (order?: Partial<Order>) => Promise<IssuedPair>
}

export interface IssuedPair extends Issued {
  readonly fullchain: string
}

/** An earlier pair of `certificate/web`, from 20 days ago to 10 days from now. */
export interface KeptOrder extends Partial<Order> {
  readonly material?: 'certificate/web' | 'identity/agent'
  readonly keptAtMs?: number
  readonly isForeign?: boolean
}

export interface RunOptions {
  readonly nowMs?: number
  readonly isTTY?: boolean
  readonly env?: Readonly<Record<string, string>>
  /** Leaves `--config` out. */
  readonly bare?: boolean
}

export interface Spoken {
  readonly exit: number
  /** Without the folder, which is `~`, and the serials, which are S1, S2, … in the order of the stage. */
  readonly stdout: string
  readonly stderr: string
}

const root = await authority('Root')
const intermediate = await authority('Intermediate', { issuer: root })

/** Both certificates are sound and current, with spread 0: the agent is due in 10 days, the web certificate in 5. */
export async function stage(orders: { agent?: Partial<Order>; web?: Partial<Order> } = {}): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'keyroller-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const web = await leafOf('web.example', orders.web)
  const agent = await leafOf('agent.example', {
    notAfterMs: NOW_MS + 20 * DAY_MS,
    notBeforeMs: NOW_MS - 10 * DAY_MS,
    ...orders.agent,
  })
  const place = (name: string, text: string, mode = 0o644) =>
    writeFileSync(join(folder, name), text, { mode })
  for (const home of ['state', 'run']) mkdirSync(join(folder, home), { mode: 0o700 })
  place('root.pem', root.certPem)
  place('agent.key', agent.keyPem, 0o600)
  place('agent.crt', agent.certPem)
  place('web.key', web.keyPem, 0o600)
  place('web.pem', web.certPem + intermediate.certPem)
  const pairs = [agent, web]
  let config = configuration(folder)
  place('keyroller.toml', config)
  return {
    ...{ folder, agent, web, place },
    configure(change) {
      config = change(config)
      place('keyroller.toml', config)
    },
    async keep(order = {}) {
      const pair = await keepPair(folder, order)
      pairs.push(pair)
      return pair
    },
    async issue(order = {}) {
      const life = { notBeforeMs: NOW_MS, notAfterMs: NOW_MS + 30 * DAY_MS }
      const pair = await leafOf('web.example', { ...life, ...order })
      pairs.push(pair)
      return { ...pair, fullchain: pair.certPem + intermediate.certPem }
    },
    async keyroller(args, options = {}) {
      const heard = { stdout: '', stderr: '' }
      const words = args.split(' ').filter((word) => word !== '')
      const more = options.bare ? [] : ['--config', join(folder, 'keyroller.toml')]
      const exit = await runProgram([...words, ...more], edgeOf(heard, options))
      guardSecrets(heard.stdout + heard.stderr, pairs)
      checkStatuses(words, heard.stdout, join(folder, 'run'))
      const tidy = (text: string) => tidied(text, folder, pairs)
      return { exit, stdout: tidy(heard.stdout), stderr: tidy(heard.stderr) }
    },
  }
}

function leafOf(commonName: string, order: Partial<Order> = {}): Promise<Issued> {
  const life = { notBeforeMs: NOW_MS - 15 * DAY_MS, notAfterMs: NOW_MS + 15 * DAY_MS }
  const altNames = [{ type: 'dns', value: commonName }] as const
  return issue({ commonName, issuer: intermediate, altNames, ...life, ...order })
}

async function keepPair(folder: string, order: KeptOrder): Promise<Issued> {
  const { material = 'certificate/web', keptAtMs = NOW_MS - DAY_MS, isForeign = false, ...rest } = order
  const life = { notBeforeMs: NOW_MS - 20 * DAY_MS, notAfterMs: NOW_MS + 10 * DAY_MS }
  const pair = await leafOf(material === 'certificate/web' ? 'web.example' : 'agent.example', {
    ...life,
    ...rest,
  })
  const { serial, notBeforeMs, notAfterMs } = pair.parsed.facts
  const set = { material, keptAtMs, certificate: { serial, notBeforeMs, notAfterMs } }
  const place = { mode: 0o600, uid: 0, gid: 0, path: '/srv/was-elsewhere' }
  const files = [
    { role: 'key', ...place, content: Buffer.from(pair.keyPem) },
    { role: 'fullchain', ...place, content: Buffer.from(pair.certPem + intermediate.certPem) },
  ] as const
  const content = { byKeyroller: !isForeign, files }
  const named = { ...set, fileName: keptSetName(set) }
  const self = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 }
  await saveKeptSets(join(folder, 'state'), self, new Map([[named, content]]))
  return pair
}

function configuration(folder: string): string {
  return `
[vault]
address = "https://127.0.0.1:9"
ca_file = "${folder}/root.pem"
timeout = "5s"
[pki]
mount = "pki"
trust_file = "${folder}/root.pem"
[renewal]
spread = "0"
[host]
state_dir = "${folder}/state"
runtime_dir = "${folder}/run"
[identity.agent]
mapping = "agent"
role = "agent"
common_name = "agent.example"
files = { key = "${folder}/agent.key", cert = "${folder}/agent.crt" }
[certificate.web]
identity = "agent"
role = "web"
common_name = "web.example"
reload = ["exec:/bin/true"]
files = { key = "${folder}/web.key", fullchain = "${folder}/web.pem" }
`
}

function edgeOf(heard: { stdout: string; stderr: string }, options: RunOptions): Edge {
  const output = (name: 'stdout' | 'stderr') => ({
    isTTY: options.isTTY ?? false,
    columns: 80,
    write: (text: string) => {
      heard[name] += text
    },
  })
  const { geteuid, getegid } = process
  return {
    host: {
      hostId: 'host-1',
      uid: geteuid?.() ?? 0,
      gid: getegid?.() ?? 0,
      env: { PATH: '/nonexistent', ...options.env },
      version: '0.1.0',
      nodeVersion: '26.10.0',
      clock: () => options.nowMs ?? NOW_MS,
    },
    signal: new AbortController().signal,
    stdout: output('stdout'),
    stderr: output('stderr'),
  }
}

/** Whatever is said, in whatever form: no part of a key is in it. */
function guardSecrets(said: string, pairs: readonly Issued[]): void {
  const lines = pairs.flatMap(({ keyPem }) => keyPem.trim().split('\n').slice(1, -1))
  const told = [...lines, 'PRIVATE KEY'].filter((secret) => said.includes(secret))
  if (told.length > 0) throw new Error('a private key was told')
}

function tidied(text: string, folder: string, pairs: readonly Issued[]): string {
  return pairs.reduce(
    (said, { parsed }, index) => said.replaceAll(parsed.facts.serial, `S${index + 1}`),
    text.replaceAll(folder, '~'),
  )
}
