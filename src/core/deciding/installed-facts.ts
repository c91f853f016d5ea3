import type { CertificateFacts, FileFacts, MaterialFacts, PairFacts } from '../facts.ts'
import { keepsChain } from '../file-spec.ts'
import type { Layout } from '../material.ts'
import type { MaterialMemory } from '../memory.ts'

/**
 * The facts of a material whose set was switched a moment ago: what was written is what is there, because the switch has
 * succeeded and nothing has looked since. For the status a run leaves; the next run observes anew.
 */
export function installedFacts(before: PairFacts, certificate: CertificateFacts, layout: Layout): PairFacts {
  return {
    kind: 'pair',
    files: before.files.map((file) => installedFile(file, layout)),
    key: { state: 'read' },
    leaf: { state: 'read', certificate },
    keyMatches: true,
    chain: { state: keepsChain(before.files.map(({ spec }) => spec)) ? 'trusted' : 'unkept' },
  }
}

function installedFile({ spec, wanted }: FileFacts, layout: Layout): FileFacts {
  if (wanted.state !== 'resolved') throw new Error(`${spec.path}: installed although ${wanted.why}`)
  const { uid, gid } = wanted
  const place = layout === 'files' ? 'file' : 'link'
  return { spec, state: 'present', place, mode: spec.mode, uid, gid, wanted, content: 'current' }
}

/** Whether what is on disk is what keyroller installed last, as far as it remembers. */
export function isOwnInstall(memory: MaterialMemory | undefined, facts: MaterialFacts): boolean {
  switch (facts.kind) {
    case 'pair': {
      const found = facts.leaf.certificate?.fingerprint
      return found !== undefined && found === memory?.issued?.fingerprint
    }
    case 'bundle': {
      const found = facts.installed.authorities?.map(({ fingerprint }) => fingerprint)
      return found !== undefined && isSameSet(found, memory?.bundle?.authorities ?? [])
    }
    case 'secret':
    case 'keyset':
      return facts.files.every((file) => file.state === 'present' && file.content === 'current')
  }
}

function isSameSet(a: readonly string[], b: readonly string[]): boolean {
  return new Set(a).symmetricDifference(new Set(b)).size === 0
}
