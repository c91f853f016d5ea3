/** A run leaves the card of its host in the KV engine: one login, one write, its token revoked. It fails no run. */

import { KeyrollerError, toFault } from '../../core/errors.ts'
import { cardOf, cardPath, cardPayload } from '../../core/fleet/card.ts'
import { isCardDue } from '../../core/fleet/card-due.ts'
import type { HostConfig, OwnCard } from '../../core/host-config.ts'
import { CHAIN_ROLES, type FileSpec, type Identity, isPaired, loginOf } from '../../core/material.ts'
import type { RunResult } from '../../core/run-events.ts'
import { ensureOwnDirectory } from '../../files/own/own-file.ts'
import { clientPair } from '../client-pair.ts'
import { pairOnDisk } from '../executors/login.ts'
import type { Host } from '../host.ts'
import { takeLock } from '../lock.ts'
import { look } from '../observing/look.ts'
import { readParts } from '../observing/observe.ts'
import { openMemory } from '../recording/memory-store.ts'
import { reportSkew, withVault } from '../server.ts'
import { signAs } from '../sign-as.ts'
import { statuses } from '../statuses.ts'
import { readCardMemory, saveCardMemory } from './card-file.ts'

export interface CardRequest {
  readonly config: HostConfig
  readonly host: Host
  readonly signal: AbortSignal
}

/**
 * Under the lock, so that no card overtakes a newer one: while another run has it, that one tells. Resolves to what went
 * otherwise than it should; the next run tries again.
 */
export async function leaveCard(
  request: CardRequest,
  own: OwnCard,
  { exit }: Pick<RunResult, 'exit'>,
): Promise<string | undefined> {
  const { config, host, signal } = request
  const { stateDir, runtimeDir } = config
  const last = readCardMemory(stateDir)
  const seq = openMemory(stateDir).current().ledger?.head?.seq ?? 0
  const now = { exit, seq, atMs: host.clock() }
  if (!isCardDue(last, { ...now, everyMs: own.everyMs, nowMs: now.atMs })) return undefined
  let unlock = () => {}
  try {
    ensureOwnDirectory(runtimeDir, 0o755, host.uid)
    ensureOwnDirectory(stateDir, 0o700, host.uid)
    unlock = await takeLock(runtimeDir, { ms: 0, signal })
    await writeCard(request, own, exit)
    await saveCardMemory(stateDir, { ...now, failures: 0 })
    return undefined
  } catch (error) {
    if (error instanceof KeyrollerError && error.code === 'run-locked') return undefined
    const failures = (last?.failures ?? 0) + 1
    await saveCardMemory(stateDir, { ...now, failures }).catch(() => undefined)
    return `the card of this host could not be written: ${toFault(error).message}`
  } finally {
    unlock()
  }
}

async function writeCard(request: CardRequest, own: OwnCard, exit: number): Promise<void> {
  const { config, host, signal } = request
  const identity = config.materials.find((one): one is Identity => one.id === own.identity)
  if (!identity || !config.fleet) throw new Error(`${own.identity} is not configured`)
  const card = await signedCard(request, identity, own, exit)
  const secret = { kvMount: config.fleet.kvMount, path: cardPath(config.fleet, own) }
  await withVault(config, host, signal, async (vault) => {
    const pair = clientPair(identity, pairOnDisk(identity, { host }))
    const session = await vault.login({ login: identity.login, pair })
    try {
      await session.writeSecret(secret, { card })
    } finally {
      await session.revoke()
    }
  })
}

async function signedCard({ config, host }: CardRequest, identity: Identity, own: OwnCard, exit: number) {
  const seen = look(config, host, { force: false })
  const { server, ledger, owed } = seen.memory
  const skew = await reportSkew(config, host, server?.version)
  const card = cardOf({
    ...{ name: own.name, everyMs: own.everyMs, version: host.version, exit },
    ...{ server: server?.version, skew: skew.lines, ledger: ledger?.head, owed: owed.length },
    ...{ statuses: statuses(config, seen), interrupted: seen.interrupted, nowMs: seen.nowMs },
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

function keepsChain(files: readonly FileSpec[]): boolean {
  return files.some(({ role }) => CHAIN_ROLES.has(role))
}

const MOST_BESIDE = 4
