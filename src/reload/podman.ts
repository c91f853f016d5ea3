/** `podman:NAME` and `podman:label=KEY[=VALUE]`: a signal to the first process of a container. */
import { KeyrollerError } from '../core/errors.ts'
import { type PodmanLabelTarget, type PodmanNameTarget, type SignalName, wayOptions } from '../core/target.ts'
import { withOptions } from '../core/target-text.ts'
import { openPodman } from './open-podman.ts'
import type { LabelFilter, Podman } from './podman-port.ts'
import type { Container, ListedContainer } from './podman-shape.ts'
import { SETTLE_MS, settle } from './settle.ts'
import { managerAddress, restartUnit } from './systemd.ts'
import type { Activity, Member, Reach, Teller } from './teller.ts'

export const podmanNameTeller: Teller<PodmanNameTarget> = {
  members: async (target, reach) => {
    const { container } = target
    const podman = await openPodman(reach)
    const found = await podman.inspect(container, reach.signal)
    // podman also takes the beginning of an id for a name; a configured name means the name.
    if (found?.name !== container)
      throw new KeyrollerError('target-missing', `expected a container named ${container}, found none`)
    return [memberOf(found, target)]
  },
  tell: (member, { signal: signalName }, reach) => signalContainer(member, signalName, reach),
  restart: (member, _target, reach) => restartContainer(member, reach),
  look: (member, _target, reach) => lookAtContainer(member, reach),
}

export const podmanLabelTeller: Teller<PodmanLabelTarget> = {
  members: async (target, reach) => {
    const podman = await openPodman(reach)
    const listed = await podman.list(target, reach.signal)
    return selectByLabel(listed, target).map((container) => memberOf(container, target))
  },
  tell: (member, { signal: signalName }, reach) => signalContainer(member, signalName, reach),
  restart: (member, _target, reach) => restartContainer(member, reach),
  look: (member, _target, reach) => lookAtContainer(member, reach),
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
  if (after.state !== 'running') return `expected it to keep running, found ${describeState(after)}`
  if (after.startedAt !== before.startedAt || after.restartCount > before.restartCount)
    return `expected it to keep running, found it restarted at ${after.startedAt}`
  // One that was unhealthy before may have been so for want of this reload, and health checks take their time.
  if (after.health === 'unhealthy' && before.health !== 'unhealthy')
    return `expected it to stay ${before.health || 'healthy'}, found unhealthy`
  return undefined
}

/** The full id, never the name: a name can pass to another container between two calls. */
function memberOf(
  { id, name }: { readonly id: string; readonly name: string },
  target: PodmanNameTarget | PodmanLabelTarget,
): Member {
  return { id: withOptions(`container:${id}`, wayOptions(target)), name }
}

async function signalContainer(member: Member, signalName: SignalName, reach: Reach): Promise<string> {
  const { signal } = reach
  const podman = await openPodman(reach)
  const id = containerId(member)
  const before = await inspectRunning(podman, id, signal)
  await podman.kill(id, signalName, signal)
  await settle(async () => findUnsettled(before, await podman.inspect(id, signal)), signal)
  return `SIG${signalName} sent, still running ${SETTLE_MS / 1000}s later`
}

/** Down stays down: who stopped a container wants it so, or has to look at why it stopped. */
async function restartContainer(member: Member, reach: Reach): Promise<string> {
  const { signal } = reach
  const podman = await openPodman(reach)
  const id = containerId(member)
  const before = await inspectRunning(podman, id, signal)
  // A unit would take the end of its container for a failure, or start a second one beside it.
  if (before.unit !== '') return restartUnit(before.unit, managerAddress(reach))
  await podman.restart(id, signal)
  const restarted = await inspectRunning(podman, id, signal)
  await settle(async () => findUnsettled(restarted, await podman.inspect(id, signal)), signal)
  return `restarted, still running ${SETTLE_MS / 1000}s later`
}

async function inspectRunning(podman: Podman, id: string, signal: AbortSignal): Promise<Container> {
  const found = await podman.inspect(id, signal)
  if (found?.state === 'running') return found
  throw new KeyrollerError('reload-failed', `expected running, found ${describeState(found)}`)
}

async function lookAtContainer(member: Member, reach: Reach): Promise<Activity> {
  const podman = await openPodman(reach)
  const found = await podman.inspect(containerId(member), reach.signal)
  if (found?.state !== 'running')
    return { active: false, message: `expected running, found ${describeState(found)}` }
  return { active: true, message: found.health ? `running, ${found.health}` : 'running' }
}

function containerId(member: Member): string {
  return member.id.slice('container:'.length).replace(/\?.*$/, '')
}

function describeState(container: Container | undefined): string {
  if (!container) return 'it gone'
  // `stopped` is what podman says between the end of the process and its own cleaning up.
  const ended = container.state === 'exited' || container.state === 'stopped'
  return ended ? `${container.state} with code ${container.exitCode}` : container.state
}
