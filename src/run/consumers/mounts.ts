/** Whether a container mounts what keyroller renews in a way that keeps it from ever seeing the new files. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import {
  findMountTraps,
  type ManagedFile,
  type MountingContainer,
  type MountTrap,
} from '../../core/consumers/mounts.ts'
import type { Served } from '../../core/consumers/served.ts'
import type { ReloadTarget, TargetKind } from '../../core/consumers/target.ts'
import { DIRECTORY_ROLES } from '../../core/file-spec.ts'
import type { HostConfig } from '../../core/host-config.ts'
import type { Material, MaterialId } from '../../core/material.ts'
import { materialsOf, type Step } from '../../core/steps.ts'
import { middleName } from '../../files/switching/generation-names.ts'
import type { AnyContainer } from '../../reload/containers/open-engine.ts'
import type { Reach } from '../../reload/teller.ts'
import type { RunContext } from '../context.ts'
import type { Host } from '../host.ts'
import { reachOf } from './reach.ts'

export interface MountLook {
  readonly traps: readonly MountTrap[]
  /** Why the containers could not be looked at. */
  readonly unseen?: string
}

/** As long as somebody waits for `plan`; podman answers in a few hundredths of a second. */
const TIMEOUT_MS = 3000

/**
 * Looks at every running container, not only at those that are told: one that a program reloads mounts files all the same.
 * A host without podman has none; the engines of accounts, of Docker and behind sockets are asked where a material tells
 * somebody there. Changes nothing; never rejects.
 */
export async function lookAtMounts(
  config: Pick<HostConfig, 'podmanSocket'>,
  materials: readonly Material[],
  host: Host,
  signal: AbortSignal,
): Promise<MountLook> {
  const isHere = materials.length > 0 && (tellsPodman(materials) || existsSync(config.podmanSocket))
  const elsewhere = enginesElsewhere(materials)
  if (!isHere && elsewhere.length === 0) return { traps: [] }
  const [{ findMounting, findMountingOf }, { within }, { toFault }] = await Promise.all([
    import('../../reload/containers/container-mounts.ts'),
    import('../../reload/deadline.ts'),
    import('../../core/errors.ts'),
  ])
  const reach = reachOf(config, host)
  const look = (find: (reach: Reach) => Promise<MountingContainer[]>) =>
    within({ timeoutMs: TIMEOUT_MS, signal }, (stop) => find({ ...reach, signal: stop })).then(
      (containers) => ({ traps: findMountTraps(materials.flatMap(managedFiles), containers) }),
      (error: unknown) => ({ traps: [], unseen: toFault(error).message }),
    )
  const [here, ...others] = await Promise.all([
    isHere ? look(findMounting) : { traps: [] },
    ...elsewhere.map((target) => look((one) => findMountingOf(target, one))),
  ])
  // That another engine does not answer is told where somebody in it is to be told.
  return { ...here, traps: [...here.traps, ...others.flatMap(({ traps }) => traps)] }
}

/** One target for each engine that is not the podman of this host. */
export function enginesElsewhere(materials: readonly Material[]): AnyContainer[] {
  const targets = materials.flatMap(({ reload }) => reload).filter(isContainer)
  const others = targets.filter((target) => !isOfThisHost(target))
  return [...new Map(others.map((target) => [engineOf(target), target])).values()]
}

function engineOf({ kind, user, socketPath }: AnyContainer): string {
  return JSON.stringify([kind.split('-')[0], user, socketPath])
}

function isContainer(target: ReloadTarget): target is AnyContainer {
  return CONTAINER_KINDS.has(target.kind)
}

const CONTAINER_KINDS: ReadonlySet<TargetKind> = new Set<AnyContainer['kind']>([
  'podman-name',
  'podman-label',
  'docker-name',
  'docker-label',
])

export function tellsPodman(materials: readonly Material[]): boolean {
  return materials.some(({ reload }) => reload.some(isOfThisHost))
}

/** Told by the podman of this host, not by another account's or through a socket of its own. */
function isOfThisHost(target: ReloadTarget): boolean {
  const isPodman = target.kind === 'podman-name' || target.kind === 'podman-label'
  return isPodman && target.user === undefined && target.socketPath === undefined
}

function managedFiles({ id, files }: Material): ManagedFile[] {
  const single = files.filter(({ role }) => !DIRECTORY_ROLES.has(role))
  return single.map(({ path }) => {
    const directory = dirname(path)
    return { material: id, directory, path, middle: join(directory, middleName(id)) }
  })
}

/**
 * The materials a plan has work for. `plan` looks at containers for these alone: without work it asks no socket, and it is
 * before a renewal that the mount must be known. `doctor` looks for all.
 */
export function materialsAtWork(steps: readonly Step[]): ReadonlySet<MaterialId> {
  return new Set(steps.flatMap(materialsOf))
}

/** What a client met, and where that is not the new certificate, the mount that explains it: `hint` is the change to make. */
export async function explainServed(
  seen: Served,
  material: Material,
  { config, host, signal }: Pick<RunContext, 'config' | 'host' | 'signal'>,
): Promise<Served & { readonly hint?: string }> {
  if (seen.outcome === 'served') return seen
  const [trap] = (await lookAtMounts(config, [material], host, signal)).traps
  return trap ? { ...seen, message: `${seen.message}; ${trap.found}`, hint: trap.fix } : seen
}
