/** `podman:` and `docker:`, `NAME` or `label=KEY[=VALUE]`: a signal to the first process of a container. */

import { describeFailure } from '../../command/run-command.ts'
import {
  type ContainerTarget,
  type DockerLabelTarget,
  type DockerNameTarget,
  type PodmanLabelTarget,
  type PodmanNameTarget,
  wayOptions,
} from '../../core/consumers/target.ts'
import { withOptions } from '../../core/consumers/target-text.ts'
import { KeyrollerError } from '../../core/errors.ts'
import { isInContainer, readProcess, takesSignal } from '../proc-status.ts'
import { later, settle, settling } from '../settle.ts'
import type { Activity, Member, Reach, Teller } from '../teller.ts'
import { managerAddress, restartUnit, unitMember } from '../units/systemd.ts'
import { type AnyContainer, openEngine } from './open-engine.ts'
import type { LabelFilter, Podman } from './podman-port.ts'
import { type Container, type ListedContainer, UNIT_LABEL } from './podman-shape.ts'

export const containerNameTeller: Teller<PodmanNameTarget | DockerNameTarget> = {
  members: async (target, reach) => {
    const { container } = target
    const engine = await openEngine(target, reach)
    const found = await engine.inspect(container, reach.signal)
    // An engine also takes the beginning of an id for a name; a configured name means the name.
    if (found?.name !== container)
      throw new KeyrollerError('target-missing', `expected a container named ${container}, found none`)
    return [memberOf(found, target, found.unit)]
  },
  tell: tellContainer,
  restart: restartContainer,
  look: lookAtContainer,
}

export const containerLabelTeller: Teller<PodmanLabelTarget | DockerLabelTarget> = {
  members: async (target, reach) => {
    const engine = await openEngine(target, reach)
    const listed = await engine.list(target, reach.signal)
    return selectByLabel(listed, target).map((container) =>
      memberOf(container, target, container.labels[UNIT_LABEL]),
    )
  },
  tell: tellContainer,
  restart: restartContainer,
  look: lookAtContainer,
}

/**
 * Exactly the containers with the label, in name order. podman's filter selects more: a `*` in the key is a pattern and
 * an empty value is any value. A pod's infra container only holds namespaces; a signal can do nothing for it but harm.
 */
export function selectByLabel(
  listed: readonly ListedContainer[],
  { key, value }: LabelFilter,
): ListedContainer[] {
  return listed
    .filter(({ isInfra }) => !isInfra)
    .filter(({ labels }) => Object.hasOwn(labels, key) && (value === undefined || labels[key] === value))
    .toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
}

/** What speaks against a container having survived its reload; undefined when nothing does. */
export function findUnsettled(before: Container, after: Container | undefined): string | undefined {
  if (!after) return 'expected it to keep running, found it gone'
  const isCounted = after.restartCount !== before.restartCount
  const [was, is] = isCounted ? [counted(before), counted(after)] : ['', '']
  if (after.state !== 'running')
    return `expected it to keep running${was}, found ${describeState(after)}${is}`
  if (after.startedAt !== before.startedAt || isCounted)
    return `expected it to keep running${counted(before)}, found it restarted at ${after.startedAt}${counted(after)}`
  // One that was unhealthy before may have been so for want of this reload, and health checks take their time.
  if (after.health === 'unhealthy' && before.health !== 'unhealthy')
    return `expected it to stay ${before.health || 'healthy'}, found unhealthy`
  return undefined
}

/** The count tells a container that died and was restarted by its engine from one that a person started anew. */
function counted({ restartCount }: Container): string {
  return ` (RestartCount ${restartCount})`
}

/** The full id, never the name: a name can pass to another container between two calls. */
function memberOf(
  { id, name }: { readonly id: string; readonly name: string },
  target: AnyContainer,
  unit: string | undefined,
): Member {
  const member = { id: withOptions(`container:${id}`, wayOptions(target)), name }
  if (!unit || isNobodys(target)) return member
  return { ...member, restartedAs: unitMember({ unit, ...userOf(target) }) }
}

async function tellContainer(member: Member, target: AnyContainer, reach: Reach): Promise<string> {
  const { signal } = reach
  const podman = await openEngine(target, reach)
  const id = containerId(member)
  const before = await inspectRunning(podman, id, signal)
  const done = await (target.argv
    ? execute(podman, before, target.argv, signal)
    : sendSignal(podman, before, target, signal))
  const time = settling(target, signal)
  await settle(async () => findUnsettled(before, await podman.inspect(id, signal)), time)
  return `${done}, still running ${later(time)}`
}

async function execute(
  podman: Podman,
  { id }: Container,
  argv: readonly [string, ...string[]],
  signal: AbortSignal,
): Promise<string> {
  const end = await podman.exec(id, argv, signal)
  if (end.failure) throw new KeyrollerError('reload-failed', describeFailure(end))
  return `${argv[0]} ran in it, exit code 0`
}

async function sendSignal(
  podman: Podman,
  before: Container,
  { signal: name }: ContainerTarget,
  signal: AbortSignal,
): Promise<string> {
  if (await dropsSignal(before, name))
    throw new KeyrollerError('reload-failed', `expected a handler for SIG${name} in its PID 1, found none`)
  await podman.kill(before.id, name, signal)
  return `SIG${name} sent`
}

/**
 * The first process of a PID namespace gets no signal that it has no handler for (pid_namespaces(7)), and podman says that
 * it has sent it all the same; one that shares the namespace of the host would end of it. Only a process that is seen to
 * be of this container counts: podman may count in another namespace than we.
 */
async function dropsSignal({ pid, id }: Container, signalName: ContainerTarget['signal']): Promise<boolean> {
  const found = pid > 0 && (await isInContainer(pid, id)) ? await readProcess(pid) : undefined
  return found !== undefined && !takesSignal(found, signalName)
}

/** Down stays down: who stopped a container wants it so, or has to look at why it stopped. */
async function restartContainer(member: Member, target: AnyContainer, reach: Reach): Promise<string> {
  const { signal } = reach
  const podman = await openEngine(target, reach)
  const id = containerId(member)
  const before = await inspectRunning(podman, id, signal)
  // A unit would take the end of its container for a failure, or start a second one beside it.
  if (before.unit !== '' && isNobodys(target))
    throw new KeyrollerError('reload-failed', `expected user = of whose unit ${before.unit} is, found none`)
  if (before.unit !== '')
    return restartUnit(before.unit, await managerAddress(target.user, reach), target.settleMs)
  await podman.restart(id, signal)
  const restarted = await inspectRunning(podman, id, signal)
  const time = settling(target, signal)
  await settle(async () => findUnsettled(restarted, await podman.inspect(id, signal)), time)
  return `restarted, still running ${later(time)}`
}

/** A label names a unit of whoever runs the container; the same name is another unit to another manager. */
function isNobodys({ user, socketPath }: ContainerTarget): boolean {
  return user === undefined && socketPath !== undefined
}

function userOf({ user }: ContainerTarget) {
  return user === undefined ? {} : { user }
}

async function inspectRunning(podman: Podman, id: string, signal: AbortSignal): Promise<Container> {
  const found = await podman.inspect(id, signal)
  if (found?.state === 'running') return found
  throw new KeyrollerError('reload-failed', `expected running, found ${describeState(found)}`)
}

async function lookAtContainer(member: Member, target: AnyContainer, reach: Reach): Promise<Activity> {
  const podman = await openEngine(target, reach)
  const found = await podman.inspect(containerId(member), reach.signal)
  if (found?.state !== 'running')
    return { active: false, message: `expected running, found ${describeState(found)}` }
  return { active: true, message: found.health ? `running, ${found.health}` : 'running' }
}

function containerId(member: Member): string {
  return member.id.slice('container:'.length).replace(/\?.*$/s, '')
}

function describeState(container: Container | undefined): string {
  if (!container) return 'it gone'
  // `stopped` is what podman says between the end of the process and its own cleaning up.
  const ended = container.state === 'exited' || container.state === 'stopped'
  return ended ? `${container.state} with code ${container.exitCode}` : container.state
}
