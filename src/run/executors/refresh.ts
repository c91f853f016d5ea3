import { composeBundle, describeChange, joinNeeds, names } from '../../core/deciding/bundle.ts'
import { KeyrollerError } from '../../core/errors.ts'
import type { Bundle } from '../../core/material.ts'
import type { BundleMemory } from '../../core/memory.ts'
import { judgeMountChain } from '../../x509/bundle.ts'
import type { ParsedCertificate } from '../../x509/certificate-facts.ts'
import { MAX_BLOCKS } from '../../x509/pem.ts'
import { materialOf, type RunContext } from '../context.ts'
import { bundleImages } from '../file-images.ts'
import { readAuthorities } from '../observing/observe.ts'
import { refreshSecret } from '../refresh-secret.ts'
import type { Executor, StepDone } from './executor.ts'
import { installSets } from './install.ts'

/**
 * Looks at the source of a bundle and judges it, or reads a secret. The file changes only when the set of authorities has, or
 * the bytes of the secret have.
 */
export const refreshExecutor: Executor<'refresh'> = async ({ material: id }, context) => {
  const material = materialOf(context, id)
  switch (material.kind) {
    case 'bundle':
      return refreshBundle(material, await readSource(material, context), context)
    case 'secret':
      return refreshSecret(material, context)
    case 'keyset': {
      const { refreshKeyset } = await import('../keysets/refresh-keyset.ts')
      return refreshKeyset(material, context)
    }
    case 'identity':
    case 'certificate':
      throw new Error(`${id} follows no source`)
  }
}

async function readSource({ source }: Bundle, context: RunContext): Promise<readonly ParsedCertificate[]> {
  const trusted = context.trust(source.kind === 'file' ? source.path : source.trustFile)
  if ('fault' in trusted) throw new KeyrollerError(trusted.fault.code, trusted.fault.message)
  if (source.kind === 'file') return trusted.certificates
  const chain = await context.vault().issuerChain(source.pkiMount)
  return judgeMountChain(chain, trusted, context.host.clock())
}

async function refreshBundle(
  bundle: Bundle,
  source: readonly ParsedCertificate[],
  context: RunContext,
): Promise<StepDone> {
  const { id } = bundle
  const nowMs = context.host.clock()
  const { facts, authorities: installed } = readAuthorities(bundle, context.config, context.host, nowMs)
  const needs = joinNeeds(
    context.memory.current().materials[id]?.bundle?.keepUntil ?? {},
    facts.neededUntil,
    nowMs,
  )
  const composed = composeBundle(factsOf(source), factsOf(installed), needs, nowMs)
  if (composed.authorities.length === 0)
    throw new KeyrollerError('issue-invalid', `${id}: expected an authority that is valid now, found none`)
  if (composed.authorities.length > MAX_BLOCKS)
    throw new KeyrollerError(
      'issue-invalid',
      `${id}: expected at most ${MAX_BLOCKS} authorities, which is what a bundle is read back with, found ${composed.authorities.length}: ${composed.kept.length} of them are kept for certificates here`,
    )
  const byFingerprint = new Map([...installed, ...source].map((one) => [one.facts.fingerprint, one]))
  const authorities = composed.authorities.flatMap(({ fingerprint }) => byFingerprint.get(fingerprint) ?? [])
  const change = describeChange(composed)
  if (change !== undefined) await install(id, authorities, context)
  await remember(context, id, {
    atMs: nowMs,
    authorities: composed.authorities.map(({ fingerprint }) => fingerprint),
    keepUntil: needs,
  })
  return { message: `${id}: ${change ?? `as before: ${names(composed.authorities)}`}` }
}

async function install(
  id: Bundle['id'],
  authorities: readonly ParsedCertificate[],
  context: RunContext,
): Promise<void> {
  const { layout } = materialOf(context, id)
  const images = bundleImages(context, id, authorities)
  const { failed } = await installSets(context, [{ material: id, layout, images }])
  const fault = failed.get(id)
  if (fault) throw fault
}

/** A look that went well ends a failure. */
async function remember(context: RunContext, id: Bundle['id'], bundle: BundleMemory): Promise<void> {
  await context.memory.update((memory) => ({
    ...memory,
    materials: { ...memory.materials, [id]: { bundle } },
  }))
}

function factsOf(certificates: readonly ParsedCertificate[]) {
  return certificates.map(({ facts }) => facts)
}
