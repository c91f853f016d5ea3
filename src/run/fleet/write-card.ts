/** The card of a host in the KV engine: one login, one write, its token revoked. */
import { KeyrollerError } from '../../core/errors.ts'
import { keepsChain } from '../../core/file-spec.ts'
import { cardOf, cardPath, cardPayload } from '../../core/fleet/card.ts'
import type { FleetConfig, HostConfig, OwnCard } from '../../core/host-config.ts'
import { cardKeysets } from '../../core/keysets/card-keysets.ts'
import { type Identity, isPaired, loginOf } from '../../core/material.ts'
import type { Host } from '../host.ts'
import { look } from '../observing/look.ts'
import { readParts } from '../observing/observe.ts'
import type { RunRequest } from '../request.ts'
import { reportSkew } from '../server.ts'
import { signAs } from '../sign-as.ts'
import { statuses } from '../statuses.ts'
import { withSession } from '../with-session.ts'

type CardRequest = Pick<RunRequest, 'config' | 'host' | 'signal'>

export interface CardOrder {
  readonly fleet: FleetConfig
  readonly own: OwnCard
  /** Of the run that it tells of. */
  readonly exit: number
}

/** Throws `identity-unusable`, and what a login and a write throw. */
export async function writeCard(request: CardRequest, { fleet, own, exit }: CardOrder): Promise<void> {
  const identity = request.config.materials.find((one): one is Identity => one.id === own.identity)
  if (!identity) throw new Error(`${own.identity} is not configured`)
  const card = await signedCard(request, identity, own, exit)
  const secret = { kvMount: fleet.kvMount, path: cardPath(fleet, own) }
  await withSession(identity, request, (session) => session.writeSecret(secret, { card }))
}

async function signedCard({ config, host }: CardRequest, identity: Identity, own: OwnCard, exit: number) {
  const seen = look(config, host, { force: false })
  const { server, ledger, owed } = seen.memory
  const skew = await reportSkew(config, host, server?.version)
  const card = cardOf({
    ...{ name: own.name, everyMs: own.everyMs, version: host.version, exit },
    ...{ server: server?.version, skew: skew.lines, ledger: ledger?.head, owed: owed.length },
    ...{ statuses: statuses(config, seen), interrupted: seen.interrupted, nowMs: seen.nowMs },
    keysets: cardKeysets(config.materials, seen.memory),
  })
  const jws = signAs(identity, cardPayload(card), host, chainsBeside(identity, config, host))
  if (jws !== undefined) return jws
  const message = `${identity.id}: expected a pair in its time that can sign, found none`
  throw new KeyrollerError('identity-unusable', message)
}

/** Of some of what is signed with its login, where its own files hold no intermediates: they often have the same issuer. */
function chainsBeside({ id, files }: Identity, { materials }: HostConfig, host: Host): string[] {
  if (keepsChain(files)) return []
  const beside = materials.filter(isPaired).filter((one) => loginOf(one) === id && keepsChain(one.files))
  return beside.slice(0, MOST_BESIDE).flatMap((one) => readParts(one, host, host.clock())?.chainPems ?? [])
}

const MOST_BESIDE = 4
