/** Files that units of systemd are handed at their start. */
import * as z from 'zod/mini'
import { fileKey } from '../core/file-spec.ts'
import type { Credential } from '../core/host-config.ts'
import type { Material } from '../core/material.ts'
import { fileKeyText, materialId, serviceName } from './formats.ts'
import type { Report } from './problem.ts'
import { told } from './told.ts'

const FEW = { error: 'a whole number from 1 to 16' }
const reads = z.int(FEW).check(z.minimum(1, FEW), z.maximum(16, FEW))

export const credential = z.strictObject({
  material: told('the material a file of which is handed over; must be ephemeral', materialId),
  file: told(
    'which of its files, as its table calls it: key, combined, raw.FIELD',
    z._default(fileKeyText, 'key'),
  ),
  unit: told('the service that is handed it, once per start', serviceName),
  reads: told('how often one start may read it: once for each of its commands', z._default(reads, 1)),
})

export type WrittenCredential = z.output<typeof credential>

/** Those that can be handed over; what is wrong with the others is reported. */
export function interpretCredentials(
  written: Readonly<Record<string, WrittenCredential>>,
  materials: readonly Material[],
  report: Report,
): Credential[] {
  return Object.entries(written).flatMap(([name, { unit, reads, ...one }]) => {
    const at = ['credential', name]
    const material = materials.find(({ id }) => id === one.material)
    const spec = material?.files.find((candidate) => fileKey(candidate) === one.file)
    if (!material) report([...at, 'material'], 'a configured material', one.material)
    else if (!material.ephemeral) report([...at, 'material'], 'one with ephemeral = true', one.material)
    else if (!spec) report([...at, 'file'], `one of ${material.files.map(fileKey).join(', ')}`, one.file)
    else return [{ name, material: material.id, path: spec.path, unit, reads }]
    return []
  })
}
