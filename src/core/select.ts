import { KeyrollerError } from './errors.ts'
import type { Material, MaterialId } from './material.ts'

/**
 * The materials that names on the command line mean: `certificate/web` that one, `web` every material of that name. No name
 * means everything, which is `undefined`. Throws `material-unknown` with the names that exist.
 */
export function selectMaterials(
  names: readonly string[],
  materials: readonly Material[],
): Set<MaterialId> | undefined {
  if (names.length === 0) return undefined
  return new Set(names.flatMap((name) => matching(name, materials)))
}

/** The one material that a name means. Throws `material-unknown`, and `usage-invalid` when it means several. */
export function selectOne<M extends Material>(name: string, materials: readonly M[]): M {
  const ids = matching(name, materials)
  const [material, ...more] = materials.filter(({ id }) => ids.includes(id))
  if (material && more.length === 0) return material
  throw new KeyrollerError('usage-invalid', `expected the name of one material, found ${ids.join(' and ')}`, {
    hint: `say which: ${ids.join(' or ')}`,
  })
}

function matching(name: string, materials: readonly Material[]): MaterialId[] {
  const found = materials.filter((material) => material.id === name || material.name === name)
  if (found.length > 0) return found.map(({ id }) => id)
  const known = materials.map(({ id }) => id).join(', ')
  throw new KeyrollerError(
    'material-unknown',
    `expected the name of a configured material, found ${name}; configured: ${known || 'none'}`,
  )
}
