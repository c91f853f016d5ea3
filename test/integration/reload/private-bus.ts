/** A real dbus-daemon of the test's own, with a small stand-in for systemd's manager on it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Message, type MessageBus, sessionBus, Variant } from 'dbus-next'
import { waitFor } from '../../rig/wait-for.ts'

export interface PrivateBus {
  readonly socketPath: string
  readonly connect: () => Promise<MessageBus>
  /** SIGKILL: every connection ends without a word. */
  readonly die: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** Needs the package dbus. `limits` are those of dbus-daemon(1), by name. */
export async function startPrivateBus(limits: Readonly<Record<string, number>> = {}): Promise<PrivateBus> {
  const directory = await mkdtemp(join(tmpdir(), 'kr-bus-'))
  const socketPath = join(directory, 'bus')
  const config = join(directory, 'bus.conf')
  const lines = Object.entries(limits).map(([name, value]) => `<limit name="${name}">${value}</limit>`)
  await writeFile(
    config,
    `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>unix:path=${socketPath}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
  </policy>
  ${lines.join('\n')}
</busconfig>
`,
  )
  const argv = ['--pdeathsig', 'KILL', 'dbus-daemon', '--nofork', '--nopidfile', `--config-file=${config}`]
  const daemon = spawn('setpriv', argv, { stdio: 'ignore' })
  const exited = once(daemon, 'exit')
  const connections: MessageBus[] = []
  const connect = async () => {
    const bus = sessionBus({ busAddress: `unix:path=${socketPath}` })
    connections.push(bus)
    await new Promise<void>((resolve, reject) => {
      bus.once('connect', () => resolve())
      bus.on('error', reject)
    })
    return bus
  }
  const die = async () => {
    daemon.kill('SIGKILL')
    await exited
  }
  const stop = async () => {
    for (const bus of connections) bus.disconnect()
    await die()
    await rm(directory, { recursive: true, force: true })
  }
  if (limits.max_completed_connections !== 0)
    await waitFor('the private bus answers', async () => (await connect()).disconnect() ?? true)
  return { socketPath, connect, die, stop }
}

export interface FakeManager {
  /** What the unit is now; a reaction may change it. */
  readonly unit: { loadState: string; activeState: string; invocation: number[]; restarts?: number }
  /** Members called, in order, Properties.Get aside. */
  readonly calls: string[]
  readonly replyJob: (call: Message) => void
  readonly refuse: (call: Message, error: string, text?: string) => void
  readonly endJob: (result: string, job?: string) => void
}

export const JOB = '/org/freedesktop/systemd1/job/7'
const JOBS: ReadonlySet<string> = new Set(['ReloadUnit', 'TryRestartUnit'])
const MANAGER = 'org.freedesktop.systemd1.Manager'
const MANAGER_PATH = '/org/freedesktop/systemd1'
const UNIT_PATH = '/org/freedesktop/systemd1/unit/web_2eservice'

/**
 * Owns org.freedesktop.systemd1 and knows one unit, up. Signatures as `busctl introspect org.freedesktop.systemd1
 * /org/freedesktop/systemd1` prints them for systemd 252. `onJob` says what a call that queues a job leads to.
 */
export async function startFakeManager(
  { connect }: PrivateBus,
  onJob: (manager: FakeManager, call: Message) => void,
): Promise<FakeManager> {
  const bus = await connect()
  const unit: FakeManager['unit'] = { loadState: 'loaded', activeState: 'active', invocation: [1, 2, 3] }
  const calls: string[] = []
  const reply = (call: Message, signature = '', body: unknown[] = []) => {
    bus.send(Message.newMethodReturn(call, signature, body))
    return true
  }
  const manager: FakeManager = {
    unit,
    calls,
    replyJob: (call) => reply(call, 'o', [JOB]),
    refuse: (call, error, text = 'refused') => bus.send(errorTo(call, error, text)),
    endJob: (result, job = JOB) => bus.send(jobRemoved(job, result)),
  }
  bus.addMethodHandler((call: Message) => {
    if (call.member === 'Get') {
      const property = propertyOf(unit, String(call.body[1]))
      if (property) return reply(call, 'v', [property])
      bus.send(errorTo(call, 'org.freedesktop.DBus.Error.UnknownInterface', 'no service'))
      return true
    }
    calls.push(call.member)
    if (call.member === 'Subscribe') return reply(call)
    if (call.member === 'LoadUnit') return reply(call, 'o', [UNIT_PATH])
    if (JOBS.has(call.member)) onJob(manager, call)
    return true
  })
  await bus.requestName('org.freedesktop.systemd1', 0)
  return manager
}

/** `job` ended with `result`; sent by whoever sends it. */
export function jobRemoved(job: string, result: string): Message {
  return Message.newSignal(MANAGER_PATH, MANAGER, 'JobRemoved', 'uoss', [7, job, 'web.service', result])
}

/** Without a count of restarts it is no service. */
function propertyOf(unit: FakeManager['unit'], name: string): Variant | undefined {
  if (name === 'NRestarts') return unit.restarts === undefined ? undefined : new Variant('u', unit.restarts)
  if (name === 'InvocationID') return new Variant('ay', Buffer.from(unit.invocation))
  return new Variant('s', name === 'LoadState' ? unit.loadState : unit.activeState)
}

/** The library's types take the call to answer for a string. */
function errorTo(call: Message, name: string, text: string): Message {
  return Message.newError(call as unknown as string, name, text)
}
