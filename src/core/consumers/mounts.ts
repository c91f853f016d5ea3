/**
 * Mounts that keep a container from ever seeing a renewed file. A bind mount of one file pins its inode (mount(2)), and a
 * renewal is a rename: the container goes on reading the old one, however often it is told. The same holds for a mount of
 * one generation in place of the directory around it.
 */
import type { MaterialId } from '../material.ts'

/** A running container, as far as its mounts go. */
export interface MountingContainer {
  readonly name: string
  /** The unit that makes it anew at each start (Quadlet, `podman generate systemd`). */
  readonly unit?: string
  readonly mounts: readonly Mount[]
}

export interface Mount {
  /** What is mounted: as the container was given it, then as it reads without links. */
  readonly sources: readonly [string, ...string[]]
  /** Where the container finds it. */
  readonly destination: string
  /** As `--volume` takes them, such as `ro`; empty without any. */
  readonly options: string
}

/** A file that keyroller renews. */
export interface ManagedFile {
  readonly material: MaterialId
  readonly directory: string
  readonly path: string
  /** Path of the link that leads to the generation in use, whether the layout makes one or not. */
  readonly middle: string
}

export interface MountTrap {
  readonly material: MaterialId
  readonly container: string
  /** `file`: one file alone. `generation`: one generation, or the link to it. */
  readonly kind: 'file' | 'generation'
  readonly found: string
  /** The exact change to make. */
  readonly fix: string
}

/** Traps in the order of the files, then of the containers; one for each mount and material. */
export function findMountTraps(
  files: readonly ManagedFile[],
  containers: readonly MountingContainer[],
): MountTrap[] {
  const traps = files.flatMap((file) =>
    containers.flatMap((container) =>
      container.mounts.flatMap((mount) => {
        const kind = kindOf(mount, file)
        return kind ? [trapOf(kind, file, mount, container)] : []
      }),
    ),
  )
  // Every file of a set meets a mount of its generation.
  return [...new Map(traps.map((trap) => [`${trap.material} ${trap.found}`, trap])).values()]
}

function kindOf({ sources }: Mount, file: ManagedFile): MountTrap['kind'] | undefined {
  if (sources.includes(file.path)) return 'file'
  const inside = sources.flatMap((source) => restBelow(source, file.middle) ?? [])
  if (inside.length === 0) return undefined
  // `LINK`, `GENERATION`, or a file in either: only that of this name is about this file.
  const name = file.path.slice(file.directory.length)
  if (inside.some((rest) => rest.endsWith(name))) return 'file'
  return inside.some((rest) => !rest.includes('/')) ? 'generation' : undefined
}

/** What follows the middle link's path in a source: `` for the link, `.HEX` for a generation, `/NAME` for a file in it. */
function restBelow(source: string, middle: string): string | undefined {
  if (!source.startsWith(middle)) return undefined
  const rest = source.slice(middle.length)
  return /^(?:\.[0-9a-f]{16})?(?:$|\/)/.test(rest) ? rest : undefined
}

function trapOf(
  kind: MountTrap['kind'],
  file: ManagedFile,
  mount: Mount,
  container: MountingContainer,
): MountTrap {
  const what = kind === 'file' ? 'the file alone' : 'one generation alone'
  const [source] = mount.sources
  return {
    material: file.material,
    container: container.name,
    kind,
    found: `container ${container.name} mounts ${source} at ${mount.destination}, ${what}: it never sees what is renewed`,
    fix: fixOf(kind, file, mount, container),
  }
}

function fixOf(
  kind: MountTrap['kind'],
  file: ManagedFile,
  { sources: [source], destination, options }: Mount,
  container: MountingContainer,
): string {
  const whole = findWhole(file, container)
  const inside = whole ?? file.path
  const isWhereItWas = kind === 'file' && inside === destination
  const read = isWhereItWas ? '' : `, and let it read ${readable(kind, inside)}`
  const volume = `${file.directory}:${file.directory}${options === '' ? '' : `:${options}`}`
  const change = changeOf(`${source}:${destination}`, whole === undefined ? volume : undefined, container)
  const { unit } = container
  const after = unit === undefined ? '' : `, then systemctl daemon-reload and systemctl restart ${unit}`
  return `${change}${read}${after}`
}

/** Without `volume` the directory is mounted already, and the other mount only has to go. */
function changeOf(drop: string, volume: string | undefined, { name, unit }: MountingContainer): string {
  if (unit === undefined)
    return volume === undefined
      ? `create ${name} again without --volume ${drop}`
      : `create ${name} again with --volume ${volume} in place of ${drop}`
  return volume === undefined
    ? `drop Volume=${drop} from the unit file of ${unit}`
    : `write Volume=${volume} in place of ${drop} into the unit file of ${unit}`
}

/** Beside a mount of one generation, every file of the set is to be read from the directory. */
function readable(kind: MountTrap['kind'], inside: string): string {
  return kind === 'file' ? inside : `its files in ${inside.slice(0, inside.lastIndexOf('/'))}`
}

/** The file's path in a container that mounts its directory, or one above it, already. */
function findWhole({ directory, path }: ManagedFile, { mounts }: MountingContainer): string | undefined {
  for (const { sources, destination } of mounts) {
    const above = sources.find((source) => directory === source || directory.startsWith(`${source}/`))
    if (above !== undefined) return `${destination}${path.slice(above.length)}`
  }
  return undefined
}
