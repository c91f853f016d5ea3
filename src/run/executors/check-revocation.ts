import { rememberRevocations } from '../../core/deciding/revocation.ts'
import { KeyrollerError, toFault } from '../../core/errors.ts'
import type { MaterialId, Paired } from '../../core/material.ts'
import type { RevocationMemory } from '../../core/memory.ts'
import { nameSome } from '../../core/name-some.ts'
import type { Issuers } from '../../vault/issuers.ts'
import type { ParsedCertificate } from '../../x509/certificate-facts.ts'
import { parseOne } from '../../x509/certificates.ts'
import type { RevocationList } from '../../x509/revocation-list.ts'
import { pairOf, type RunContext } from '../context.ts'
import { readParts } from '../observing/observe.ts'
import type { Executor } from './executor.ts'
import { askHealth } from './health.ts'

/**
 * Asks each mount for the revocation list behind every certificate, and remembers what it says for that certificate: a revoked
 * one is renewed by the plan that follows. What cannot be learned says nothing against a material.
 */
export const checkRevocationExecutor: Executor<'check-revocation'> = async ({ materials }, context) => {
  if (!context.server.health) await askHealth(context)
  const byMount = Map.groupBy(
    materials.map((id) => pairOf(context, id)),
    ({ issuance }) => issuance.pkiMount,
  )
  const learned: [MaterialId, RevocationMemory][] = []
  for (const [mount, pairs] of byMount)
    learned.push(...(await context.vault().withIssuers(mount, (issuers) => askFor(pairs, issuers, context))))
  await context.memory.update((memory) => rememberRevocations(memory, learned))
  const fault = learned.find(([, { fault }]) => fault)?.[1].fault
  if (fault) throw new KeyrollerError(fault.code, fault.message, { hint: fault.hint })
  const revoked = learned.flatMap(([id, { revokedAtMs }]) => (revokedAtMs === undefined ? [] : [id]))
  if (revoked.length > 0) return { message: `revoked: ${nameSome(revoked)}` }
  return {
    message: `${learned.length} ${learned.length === 1 ? 'certificate is' : 'certificates are'} not revoked`,
  }
}

async function askFor(
  pairs: readonly Paired[],
  issuers: Issuers,
  context: RunContext,
): Promise<[MaterialId, RevocationMemory][]> {
  const { judgeSerial, readRevocationList } = await import('../../x509/revocation-list.ts')
  const lists = openLists(issuers, readRevocationList)
  const learned: [MaterialId, RevocationMemory][] = []
  for (const pair of pairs) {
    const atMs = context.host.clock()
    const parts = readParts(pair, context.host, atMs)
    if (!parts) continue
    const leaf = parseOne(parts.leafPem)
    const { fingerprint, serial } = leaf.facts
    try {
      const revokedAtMs = judgeSerial(await lists.behind(leaf), serial, atMs)
      learned.push([pair.id, { fingerprint, atMs, ...(revokedAtMs === undefined ? {} : { revokedAtMs }) }])
    } catch (error) {
      const { message, ...rest } = toFault(error)
      learned.push([pair.id, { fingerprint, atMs, fault: { ...rest, message: `${pair.id}: ${message}` } }])
    }
  }
  return learned
}

type ReadList = (text: string, authority: ParsedCertificate) => Promise<RevocationList>

interface Issuer {
  readonly authority: ParsedCertificate
  readonly list: () => Promise<RevocationList>
}

/**
 * The default issuer first, the others only for what it did not sign; each is asked for once. An authority whose key verifies a
 * certificate that was judged when it was installed needs no judging of its own.
 */
function openLists(issuers: Issuers, read: ReadList) {
  const known = new Map<string, Promise<Issuer>>()
  const open = (ref: string): Promise<Issuer> => {
    const opened = known.get(ref) ?? openIssuer(issuers, ref, read)
    known.set(ref, opened)
    return opened
  }
  const behind = async (leaf: ParsedCertificate): Promise<RevocationList> => {
    const first = await open('default')
    if (isIssuerOf(first, leaf)) return first.list()
    for (const ref of await issuers.refs()) {
      const other = await open(ref)
      if (isIssuerOf(other, leaf)) return other.list()
    }
    throw new KeyrollerError(
      'revocation-unknown',
      `expected its issuer ${leaf.facts.issuerName} among those of the mount, found none`,
    )
  }
  return { behind }
}

async function openIssuer(issuers: Issuers, ref: string, read: ReadList): Promise<Issuer> {
  const authority = parseOne(await issuers.certificate(ref))
  let list: Promise<RevocationList> | undefined
  return {
    authority,
    list: () => (list ??= issuers.revocationList(ref).then((text) => read(text, authority))),
  }
}

function isIssuerOf({ authority }: Issuer, { x509 }: ParsedCertificate): boolean {
  return x509.checkIssued(authority.x509) && x509.verify(authority.x509.publicKey)
}
