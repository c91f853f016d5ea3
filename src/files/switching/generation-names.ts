/**
 * The names of the generation layout. All links are relative, so that they also hold in a container that mounts the directory
 * under another path:
 *
 *   key.pem                    -> .keyroller-certificate-web/key.pem
 *   .keyroller-certificate-web -> .keyroller-certificate-web.<16 hex>     the middle link: one rename switches the set
 *   .keyroller-certificate-web.<16 hex>/key.pem                           a generation
 */
import { randomBytes } from 'node:crypto'
import { MATERIAL_KINDS, type MaterialId } from '../../core/material.ts'

/** Name of the middle link of a material, beside its files. */
export function middleName(material: MaterialId): string {
  return `.keyroller-${material.replace('/', '-')}`
}

const MIDDLE = new RegExp(`^\\.keyroller-(?:${MATERIAL_KINDS.join('|')})-[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

/** What the link under a visible name says. */
export function linkText(middle: string, name: string): string {
  return `${middle}/${name}`
}

/** The middle link that the link under `name` leads through; undefined when its text is not exactly one of ours. */
export function middleOf(text: string, name: string): string | undefined {
  const [middle = '', ...rest] = text.split('/')
  return rest.length === 1 && rest[0] === name && MIDDLE.test(middle) ? middle : undefined
}

/** A name that nobody can have planted. */
export function newGeneration(middle: string): string {
  return `${middle}.${randomBytes(8).toString('hex')}`
}

export function isGenerationOf(middle: string, name: string): boolean {
  return name.startsWith(`${middle}.`) && /^[0-9a-f]{16}$/.test(name.slice(middle.length + 1))
}

/** A generation that nothing may lead to, half made or half removed: the name of a leftover, which every sweep finds. */
export function leftoverName(generation: string): string {
  return `.keyroller-${generation.slice(-16)}.staged`
}
