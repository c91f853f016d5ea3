import type { Problem } from '../../config/problem.ts'
import { isPushable, type Material, type PushedKeyset } from '../../core/material.ts'
import { openInbox } from '../../files/inbox.ts'
import type { Host } from '../host.ts'
import { problemOf } from '../observing/problem-of.ts'
import { openTrustStore } from '../observing/trust-store.ts'
import { openSigners } from './open-signers.ts'

/** Inboxes that nobody can push to or that are not believed, and files that do not say whose signature counts. */
export function findUnusablePushes(materials: readonly Material[], host: Host): Problem[] {
  return materials.filter(isPushable).flatMap((material) => {
    const { kind, name, inbox: file } = material
    const where = { file, at: `${kind}.${name}.inbox`, expected: 'a directory of root alone' }
    return [
      ...problemOf(where, () => openInbox(file, host.uid).close()),
      ...(material.kind === 'keyset' ? findUnusableSigners(material, host) : []),
    ]
  })
}

function findUnusableSigners({ name, signers }: PushedKeyset, host: Host): Problem[] {
  const trust = openTrustStore(host.uid)
  const { keysFile, caFile } = signers
  return [
    ...(keysFile === undefined ? [] : [{ file: keysFile, key: 'push_keys', signers: { keysFile } }]),
    ...(caFile === undefined ? [] : [{ file: caFile, key: 'push_ca', signers: { caFile } }]),
  ].flatMap(({ file, key, signers }) => {
    const where = { file, at: `keyset.${name}.${key}`, expected: 'whose signature counts' }
    return problemOf(where, () => openSigners(signers, { host, trust }))
  })
}
