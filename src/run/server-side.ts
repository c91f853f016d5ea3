/** The server side of this host: looked at with an operator's token, compared with what is needed, and made so when asked. */
import { type KvSeeds, readKvSeeds } from '../config/kv-seeds.ts'
import { compareServer, type FoundServer, type ServerChange } from '../core/server-side/compare.ts'
import { objectPath, type ServerItem, wantedItems } from '../core/server-side/wanted.ts'
import type { Operator } from '../vault/operator.ts'
import { type OperatorRequest, withOperator } from './operator.ts'

export interface ServerSideRequest extends OperatorRequest {
  /** Tell every auth method beside cert. */
  readonly certOnly?: boolean
  /** File with values for secrets that are not there. */
  readonly seedFile?: string | undefined
}

/** Changes nothing. */
export function planServerSide(request: ServerSideRequest): Promise<ServerChange[]> {
  const seeds = seedsOf(request)
  return withOperator(request, (operator) => compareWith(operator, itemsOf(request, seeds)))
}

/** Makes the changes in order, and gives them back; stops at the first that the server does not take. */
export function applyServerSide(
  request: ServerSideRequest,
  told: (change: ServerChange) => void,
): Promise<ServerChange[]> {
  const seeds = seedsOf(request)
  return withOperator(request, async (operator) => {
    const changes = await compareWith(operator, itemsOf(request, seeds))
    for (const change of changes) {
      if ('write' in change) await operator.write(change.path, change.write)
      // Written only where there is no version at all, whatever has happened since the look.
      if (change.action === 'seed')
        await operator.write(change.path, { options: { cas: 0 }, data: seeds.get(change.material) })
      told(change)
    }
    return changes
  })
}

function seedsOf({ config, host, seedFile }: ServerSideRequest): KvSeeds {
  return seedFile === undefined ? new Map() : readKvSeeds(seedFile, config, host.uid)
}

function itemsOf({ config, certOnly }: ServerSideRequest, seeds: KvSeeds): ServerItem[] {
  const secrets = config.materials.filter((one) => one.kind === 'secret')
  return [
    ...wantedItems(config),
    ...(certOnly ? [{ kind: 'cert-only' } as const] : []),
    ...secrets.flatMap((secret): ServerItem[] => {
      const seed = seeds.get(secret.id)
      return seed ? [{ kind: 'seed', secret, fields: Object.keys(seed).sort() }] : []
    }),
  ]
}

async function compareWith(operator: Operator, items: readonly ServerItem[]): Promise<ServerChange[]> {
  return compareServer(items, await readServer(operator, items))
}

async function readServer(operator: Operator, items: readonly ServerItem[]): Promise<FoundServer> {
  const [mounts, methods] = [await operator.read('sys/mounts'), await operator.read('sys/auth')]
  const pkiMounts = items.flatMap((item) => (item.kind === 'pki' ? [item.mount] : []))
  const there = new Set(pkiMounts.filter((mount) => typeOf(mounts, mount) === 'pki'))
  const authorities = new Map<string, string>()
  for (const mount of there) {
    const certificate = await readAuthority(operator.read, mount)
    if (certificate !== undefined) authorities.set(mount, certificate)
  }
  const kvMounts = new Map(
    items.flatMap((item) => (item.kind === 'kv' ? (engineAt(mounts, item.mount) ?? []) : [])),
  )
  const found = { mounts: there, kvMounts, authMethods: methodsOf(methods), authorities }
  const below = items.filter((item) => isBelowMount(item, found))
  return { ...found, objects: await readObjects(operator.read, below) }
}

/** PEM of the issuing authority of a mount. */
export async function readAuthority(read: Operator['read'], mount: string): Promise<string | undefined> {
  const certificate = (await read(`${mount}/cert/ca`))?.certificate
  return typeof certificate === 'string' && certificate !== '' ? certificate : undefined
}

/** By path; what is not there is missing. */
export async function readObjects(
  read: Operator['read'],
  items: readonly ServerItem[],
): Promise<FoundServer['objects']> {
  const objects = new Map<string, Readonly<Record<string, unknown>>>()
  for (const path of items.flatMap((item) => objectPath(item) ?? [])) {
    const object = await read(path)
    if (object) objects.set(path, object)
  }
  return objects
}

/** A path below a mount that is not there cannot be asked for. */
function isBelowMount(
  item: ServerItem,
  { mounts, kvMounts, authMethods }: Omit<FoundServer, 'objects'>,
): boolean {
  if (item.kind === 'role') return mounts.has(item.pkiMount)
  if (item.kind === 'seed') return kvMounts.get(item.secret.kvMount) === 'kv version 2'
  return item.kind !== 'mapping' || authMethods.get(item.mapping.authMount) === 'cert'
}

function methodsOf(methods: Readonly<Record<string, unknown>> | undefined): Map<string, string> {
  return new Map(
    Object.keys(methods ?? {}).map((key) => [key.replace(/\/$/, ''), typeOf(methods, key) ?? '']),
  )
}

/** Of a KV engine with its version, 1 where the mount names none. */
function engineAt(
  mounts: Readonly<Record<string, unknown>> | undefined,
  mount: string,
): readonly (readonly [string, string])[] | undefined {
  const type = typeOf(mounts, mount)
  if (type === undefined) return undefined
  const entry = mounts?.[`${mount}/`] as
    | { readonly options?: { readonly version?: unknown } | null }
    | undefined
  return [[mount, type === 'kv' ? `kv version ${entry?.options?.version ?? 1}` : type]]
}

/** Of the lists of `sys/mounts` and `sys/auth`, whose keys end in a slash. */
function typeOf(list: Readonly<Record<string, unknown>> | undefined, mount: string): string | undefined {
  const entry = list?.[mount.endsWith('/') ? mount : `${mount}/`]
  const type = (entry as { readonly type?: unknown } | undefined)?.type
  return typeof type === 'string' ? type : undefined
}
