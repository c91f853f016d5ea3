import { readTrustedFile } from '../../config/trusted-file.ts'
import { type FaultRecord, toFault } from '../../core/errors.ts'
import { parseAnchors } from '../../x509/anchors.ts'
import type { TrustAnchors } from '../../x509/chain.ts'

/** The anchors of each trust file, read once a run. A file that cannot be used is a fact about its materials, not the end. */
export type TrustStore = (path: string) => TrustAnchors | { readonly fault: FaultRecord }

export function openTrustStore(uid: number): TrustStore {
  const known = new Map<string, ReturnType<TrustStore>>()
  return (path) => {
    const anchors = known.get(path) ?? readAnchors(path, uid)
    known.set(path, anchors)
    return anchors
  }
}

function readAnchors(path: string, uid: number): ReturnType<TrustStore> {
  try {
    return parseAnchors(readTrustedFile(path, uid), path)
  } catch (error) {
    return { fault: toFault(error) }
  }
}
