/** The cards of a fleet as they are written, and what they mean. */

import * as z from 'zod/mini'
import { attest } from '../core/consumers/spiffe.ts'
import type { FleetConfig } from '../core/host-config.ts'
import type { Identity, Material } from '../core/material.ts'
import {
  absolutePath,
  durationMs,
  materialName,
  mountPath,
  secretPath,
  timeout,
  trustDomain,
} from './formats.ts'
import type { Report } from './problem.ts'
import { told } from './told.ts'

export const fleet = z.strictObject({
  identity: told(
    'whose login writes the card of this host, and whose key signs it; unset: this host only reads those of others',
    z.optional(materialName),
  ),
  mount: told('KV mount of the cards; default: [kv] mount', z.optional(mountPath)),
  path: told('where in it they lie', z._default(secretPath, 'keyroller/fleet')),
  every: told('how often a card is written when nothing happens', z._default(timeout, '6h')),
  trust_file: told(
    'PEM file of the anchors of the signers; default: that of [pki]',
    z.optional(absolutePath),
  ),
  trust_domain: told(
    'SPIFFE trust domain: the ID of a host names its card, not its common name',
    z.optional(trustDomain),
  ),
  strict: told(
    'whether nothing is told of a card whose signer is not proved; otherwise what it says is told along with that',
    z._default(z.boolean({ error: 'true or false' }), true),
  ),
})

type WrittenFleet = z.output<typeof fleet>

export function interpretFleet(
  written: WrittenFleet | undefined,
  { materials, kvMount, trustFile }: FleetSurroundings,
  report: Report,
): { fleet?: FleetConfig } {
  if (!written) return {}
  const { identity, mount, path, every, trust_domain: domain, strict } = written
  const anchors = written.trust_file ?? trustFile
  if (anchors === undefined) report(['fleet', 'trust_file'], 'it here or in [pki]', 'neither')
  const card = identity === undefined ? undefined : cardOf(identity, domain, materials, report)
  return {
    fleet: {
      kvMount: mount ?? kvMount,
      path,
      trustFile: anchors ?? '',
      ...(domain === undefined ? {} : { trustDomain: domain }),
      strict,
      ...(card ? { card: { ...card, everyMs: durationMs(every) } } : {}),
    },
  }
}

interface FleetSurroundings {
  readonly materials: readonly Material[]
  readonly kvMount: string
  readonly trustFile: string | undefined
}

function cardOf(name: string, domain: string | undefined, materials: readonly Material[], report: Report) {
  const identity = materials.find((one): one is Identity => one.kind === 'identity' && one.name === name)
  if (!identity) {
    report(['fleet', 'identity'], 'the name of a configured identity', JSON.stringify(name))
    return undefined
  }
  const called = domain === undefined ? identity.issuance.commonName : peerPath(identity, domain)
  if (secretPath.safeParse(called).success) return { identity: identity.id, name: called }
  const expected = domain === undefined ? 'a common name' : `one URI spiffe://${domain}/NAME`
  report(['fleet', 'identity'], `an identity with ${expected} that can name a card`, JSON.stringify(called))
  return undefined
}

/** What follows the trust domain; what is not of it is left for the message. */
function peerPath({ issuance }: Identity, domain: string): string {
  const attested = attest(issuance.uris, domain)
  return 'peer' in attested ? attested.peer.slice(`spiffe://${domain}/`.length) : attested.fault
}
