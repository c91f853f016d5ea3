/** Bundles as they are written, and what they mean. */
import * as z from 'zod/mini'
import type { Bundle, BundleSource } from '../core/material.ts'
import { fileOrPath } from './files-schema.ts'
import { absolutePath, mountPath, principal } from './formats.ts'
import { interpretFile } from './interpret-files.ts'
import { ephemeral, layout } from './placement-schema.ts'
import type { Report } from './problem.ts'
import { reload } from './reload-schema.ts'
import { interpretReload } from './reload-target.ts'
import { told } from './told.ts'

export const bundle = z.strictObject({
  pki_mount: told('the mount whose issuer chain it is; default: [pki] mount', z.optional(mountPath)),
  trust_file: told('PEM file of the anchors that chain must lead to', z.optional(absolutePath)),
  file: told('PEM file to follow, instead of a mount', z.optional(absolutePath)),
  owner: told('of its file', z.optional(principal)),
  group: told('of its file', z.optional(principal)),
  files: z.strictObject({ ca: told('the authorities', fileOrPath) }),
  layout,
  ephemeral,
  reload: z._default(reload, []),
})

export type WrittenBundle = z.output<typeof bundle>

interface Defaults {
  readonly mount?: string | undefined
  readonly trust_file?: string | undefined
}

export function interpretBundle(name: string, one: WrittenBundle, pki: Defaults, report: Report): Bundle {
  return {
    kind: 'bundle',
    id: `bundle/${name}`,
    name,
    source: interpretSource(['bundle', name], one, pki, report),
    ephemeral: one.ephemeral,
    files: [interpretFile('ca', one.files.ca, one, name)],
    layout: one.layout,
    reload: one.reload.map(interpretReload),
  }
}

function interpretSource(at: string[], one: WrittenBundle, pki: Defaults, report: Report): BundleSource {
  if (one.file !== undefined) {
    const beside = (['pki_mount', 'trust_file'] as const).filter((key) => one[key] !== undefined)
    for (const key of beside) report([...at, key], 'none beside file', JSON.stringify(one[key]))
    return { kind: 'file', path: one.file }
  }
  const pkiMount = one.pki_mount ?? pki.mount
  const trustFile = one.trust_file ?? pki.trust_file
  if (pkiMount === undefined) report([...at, 'pki_mount'], 'it here or as [pki] mount, or file', 'none')
  if (trustFile === undefined) report([...at, 'trust_file'], 'it here or as [pki] trust_file', 'neither')
  return { kind: 'mount', pkiMount: pkiMount ?? '', trustFile: trustFile ?? '' }
}
