/** Every probe of a material, with what each of them needs of this host. */
import { readSecretFile, readTrustedFile } from '../../config/trusted-file.ts'
import type { Probe } from '../../core/consumers/probe.ts'
import type { Served } from '../../core/consumers/served.ts'
import { KeyrollerError, toFault } from '../../core/errors.ts'
import type { CertificateFacts } from '../../core/facts.ts'
import type { FileRole } from '../../core/file-spec.ts'
import type { HostConfig } from '../../core/host-config.ts'
import { isPaired, type MaterialId, type Paired } from '../../core/material.ts'
import { hookEnvironment } from '../../reload/hook-environment.ts'
import { pollServed, type Unusable } from '../../serve/poll-served.ts'
import type { ClientPair } from '../../serve/tls-probe.ts'
import { noAnchors } from '../../x509/anchors.ts'
import { readSet } from '../../x509/read-set.ts'
import { clientPair } from '../client-pair.ts'
import type { Host } from '../host.ts'
import { readParts } from '../observing/observe.ts'
import type { TrustStore } from '../observing/trust-store.ts'

export interface ServeReach {
  readonly config: HostConfig
  readonly host: Host
  readonly trust: TrustStore
  readonly signal: AbortSignal
}

/** One answer a probe, in their order; all of them look at the same time. Throws nothing that was met. */
export function lookServed(
  material: Paired,
  expected: CertificateFacts,
  reach: ServeReach,
): Promise<Served[]> {
  const common = {
    expected,
    anchors: reach.trust(material.issuance.trustFile),
    environment: hookEnvironment([material]),
    signal: reach.signal,
  }
  return Promise.all(
    material.probes.map((probe) => {
      const client = clientOf(probe, reach)
      return pollServed(probe, { ...common, ...(client ? { client } : {}) })
    }),
  )
}

function clientOf(probe: Probe, reach: ServeReach): ClientPair | Unusable | undefined {
  const client = probe.kind === 'tls' ? probe.client : undefined
  if (!client) return undefined
  try {
    return 'material' in client ? ofMaterial(client.material, reach) : ofFiles(client, reach)
  } catch (error) {
    return { fault: toFault(error) }
  }
}

/** Exactly what its files hold, as a login presents it. */
function ofMaterial(id: MaterialId, { config, host }: ServeReach): ClientPair {
  const material = config.materials.filter(isPaired).find((one) => one.id === id)
  const parts = material && readParts(material, host, host.clock())
  if (!material || !parts)
    throw new KeyrollerError(
      'identity-unusable',
      `expected a client certificate in the files of ${id}, found none whole`,
    )
  return clientPair(material, parts)
}

/** Root's own files: who can write them decides whom keyroller is taken for. */
function ofFiles(
  { certFile, keyFile }: { readonly certFile: string; readonly keyFile: string },
  { host }: ServeReach,
): ClientPair {
  const contents = new Map<FileRole, { content: Buffer }>([
    ['key', { content: Buffer.from(readSecretFile(keyFile, host.uid, `chmod o= ${keyFile}`)) }],
    ['fullchain', { content: Buffer.from(readTrustedFile(certFile, host.uid)) }],
  ])
  const { parts, keyMatches } = readSet(contents, noAnchors(), host.clock())
  if (!parts || keyMatches !== true)
    throw new KeyrollerError(
      'identity-unusable',
      `expected a client certificate in ${certFile} and its key in ${keyFile}, found no pair`,
    )
  return { keyPem: parts.keyPem, certPem: [parts.leafPem, ...parts.chainPems].join('') }
}
