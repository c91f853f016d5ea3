/** A bundle as it is on disk, beside what it follows and who on this host needs what it holds. */
import type { BundleFacts, CertificateFacts } from '../../core/facts.ts'
import type { Bundle } from '../../core/material.ts'
import { findNeeds, readBundle, renderBundle } from '../../x509/bundle.ts'
import type { ParsedCertificate } from '../../x509/certificate-facts.ts'
import {
  contentsOf,
  fileFacts,
  type Reach,
  type Reading,
  readingsOf,
  type SeenFiles,
} from './observe-files.ts'

export interface ObservedBundle extends SeenFiles {
  readonly facts: BundleFacts
  readonly authorities: readonly ParsedCertificate[]
}

/** Without the chains of the pairs nothing is needed. */
export function observeBundle(
  bundle: Bundle,
  reach: Reach,
  chains: readonly (readonly ParsedCertificate[])[],
): ObservedBundle {
  const { source } = bundle
  const readings = readingsOf(bundle, reach)
  const held = heldBy(readings)
  const authorities = held.authorities ?? []
  const trusted = reach.trust(source.kind === 'file' ? source.path : source.trustFile)
  const rendering = held.authorities && renderBundle(held.authorities)
  const judge = (content: Buffer) => (rendering?.equals(content) === false ? 'stale' : 'current')
  const facts: BundleFacts = {
    kind: 'bundle',
    files: readings.map((reading) => fileFacts(bundle, reading, reach, rendering && (() => judge))),
    installed: { ...held.facts, ...(held.authorities ? { authorities: factsOf(held.authorities) } : {}) },
    ...('fault' in trusted ? { unusable: trusted.fault } : {}),
    ...(source.kind === 'file' && !('fault' in trusted) ? { given: factsOf(trusted.certificates) } : {}),
    neededUntil: findNeeds(authorities, chains),
  }
  return { facts, readings, authorities }
}

function factsOf(certificates: readonly ParsedCertificate[]): CertificateFacts[] {
  return certificates.map(({ facts }) => facts)
}

function heldBy(readings: readonly Reading[]): ReturnType<typeof readBundle> {
  const [content] = contentsOf(readings).values()
  if (!content) return { facts: { state: 'missing', why: 'no file holds it' } }
  return 'content' in content ? readBundle(content.content) : { facts: content }
}
