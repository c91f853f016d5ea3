import type { Decision } from '../deciding/decision.ts'
import { layoutDrift } from '../deciding/file-drift.ts'
import type { Observation } from '../facts.ts'
import type { HostConfig } from '../host-config.ts'
import type { Layout, MaterialId } from '../material.ts'
import { nameSome } from '../name-some.ts'

const MOVES: Record<Layout, (names: string) => string> = {
  files: (names) => `moves the files of ${names} out of their generation`,
  generation: (names) => `moves the files of ${names} into a generation`,
}

const MOVING: ReadonlySet<Decision['kind']> = new Set(['renew', 'restore', 'adopt', 'refresh'])

/** What is said of files that a new set brings into another layout; a repair says it itself. Undefined when there are none. */
export function moveNotice(
  decisions: readonly Decision[],
  { materials }: Observation,
  config: HostConfig,
): string | undefined {
  const layouts = new Map(config.materials.map(({ id, layout }) => [id, layout]))
  const moved = decisions.flatMap(({ kind, material }): MaterialId[] => {
    const layout = layouts.get(material)
    if (!MOVING.has(kind) || layout === undefined) return []
    const files = materials.get(material)?.files ?? []
    return files.some((file) => layoutDrift(file, layout) !== undefined) ? [material] : []
  })
  const notices = [...Map.groupBy(moved, (id) => layouts.get(id))].flatMap(([layout, ids]) => {
    return layout === undefined ? [] : [MOVES[layout](nameSome(ids))]
  })
  return notices.length === 0 ? undefined : notices.join('; ')
}
