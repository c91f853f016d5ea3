import type { CertificateFacts, FileFacts, MaterialFacts } from './facts.ts'
import { CHAIN_ROLES, type Layout } from './material.ts'

/**
 * The facts of a material whose set was switched a moment ago: what was written is what is there, because the switch has
 * succeeded and nothing has looked since. For the status a run leaves; the next run observes anew.
 */
export function installedFacts(
  before: MaterialFacts,
  certificate: CertificateFacts,
  layout: Layout,
): MaterialFacts {
  const keepsChain = before.files.some(({ spec }) => CHAIN_ROLES.has(spec.role))
  return {
    files: before.files.map((file) => installedFile(file, layout)),
    key: { state: 'read' },
    leaf: { state: 'read', certificate },
    keyMatches: true,
    chain: { state: keepsChain ? 'trusted' : 'unkept' },
  }
}

function installedFile({ spec, wanted }: FileFacts, layout: Layout): FileFacts {
  if (wanted.state !== 'resolved') throw new Error(`${spec.path}: installed although ${wanted.why}`)
  const { uid, gid } = wanted
  const place = layout === 'files' ? 'file' : 'link'
  return { spec, state: 'present', place, mode: spec.mode, uid, gid, wanted, content: 'current' }
}
