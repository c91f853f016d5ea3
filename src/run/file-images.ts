/** From what the configuration and the accounts say of a file, and the parts of a set, to the files as they shall be. */
import type { FileFacts } from '../core/facts.ts'
import type { FileSpec } from '../core/file-spec.ts'
import type { Material, MaterialId, Secret } from '../core/material.ts'
import { renderSecret, type SecretFields } from '../core/secrets/render-secret.ts'
import type { FileImage } from '../files/stage-file.ts'
import { renderBundle } from '../x509/bundle.ts'
import type { ParsedCertificate } from '../x509/certificate-facts.ts'
import { renderFile, type SetParts } from '../x509/render-file.ts'
import { materialOf, type RunContext } from './context.ts'
import { fileForm } from './observing/file-form.ts'

export function imageFrame(
  { spec, wanted }: FileFacts,
  { ephemeral }: Pick<Material, 'ephemeral'>,
): Omit<FileImage, 'content'> {
  if (wanted.state !== 'resolved') throw new Error(`${spec.path}: planned although ${wanted.why}`)
  return { path: spec.path, mode: spec.mode, uid: wanted.uid, gid: wanted.gid, ephemeral }
}

/** All files of a material, or only those of the given paths. */
export function renderImages(
  context: RunContext,
  id: MaterialId,
  parts: SetParts,
  only?: ReadonlySet<string>,
): FileImage[] {
  return imagesOf(context, id, only, (spec) => renderFile(fileForm(spec, context.host.uid), parts))
}

/** The same of a bundle. */
export function bundleImages(
  context: RunContext,
  id: MaterialId,
  authorities: readonly ParsedCertificate[],
  only?: ReadonlySet<string>,
): FileImage[] {
  return imagesOf(context, id, only, () => renderBundle(authorities))
}

/** The same of a secret. Throws `secret-unfit`. */
export function secretImages(context: RunContext, secret: Secret, fields: SecretFields): FileImage[] {
  return imagesOf(context, secret.id, undefined, (spec) => renderSecret(secret, spec, fields))
}

function imagesOf(
  context: RunContext,
  id: MaterialId,
  only: ReadonlySet<string> | undefined,
  render: (spec: FileSpec) => Buffer,
): FileImage[] {
  const files = context.observation.materials.get(id)?.files ?? []
  const material = materialOf(context, id)
  return files
    .filter(({ spec }) => only?.has(spec.path) ?? true)
    .map((file) => ({ ...imageFrame(file, material), content: render(file.spec) }))
}
