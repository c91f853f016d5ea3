/** The four rungs of a material: issued, installed, loaded, served. Status, verify and metrics all speak these words. */

import { lookedFor } from '../consumers/looked-for.ts'
import { isBackingOff } from '../deciding/backoff.ts'
import type { Decision } from '../deciding/decision.ts'
import { findFileDrift } from '../deciding/file-drift.ts'
import { isOwnInstall } from '../deciding/installed-facts.ts'
import { findRollbackHold, type RollbackHold } from '../deciding/rollback-hold.ts'
import { formatMoment } from '../duration.ts'
import type { EpochMs } from '../epoch-ms.ts'
import { type BundleFacts, certificateOf, type MaterialFacts, type PairFacts } from '../facts.ts'
import { isPaired, isProbed, type Material, type MaterialId } from '../material.ts'
import type { KeysetHold, MaterialMemory, OwedReload, RunMemory, SecretMemory } from '../memory.ts'
import { describeTried } from '../planning/ladder.ts'
import { firstEnd, judgedRung } from './bundle-rungs.ts'
import { inUseRung, rotationAhead } from './keyset-rungs.ts'
import type { Rung } from './rung.ts'

export interface MaterialStatus {
  readonly id: MaterialId
  readonly ready: boolean
  readonly issued: Rung
  readonly installed: Rung
  readonly loaded: Rung
  readonly served: Rung
  /** A condition, no rung: whether who serves it was verified as configured, in the same look. */
  readonly verified: Rung
  readonly serial?: string
  readonly notBeforeMs?: EpochMs
  readonly notAfterMs?: EpochMs
  readonly dueAtMs?: EpochMs
  /** What the next run would do with it. */
  readonly next: NextAction
  /** A next try only of those that still wait for it; the others are told by the next run. */
  readonly owed: readonly OwedReload[]
  /** What is installed was put back by a rollback. */
  readonly rolledBack?: RollbackHold
  /** Of a keyset: when its next version is put in use. */
  readonly rotatesAtMs?: EpochMs
  /** Why the next version of a keyset is not put in use, or will not be when it falls due. */
  readonly held?: KeysetHold
  readonly failure?: {
    readonly code: string
    readonly message: string
    readonly count: number
    readonly atMs: EpochMs
    readonly retryAtMs: EpochMs
  }
}

export interface NextAction {
  readonly action: Decision['kind']
  readonly reason: string
  readonly message: string
  /** When a run does it; unset is the next one. */
  readonly atMs?: EpochMs
}

export interface StatusInput {
  readonly material: Material
  readonly facts: MaterialFacts
  readonly memory: RunMemory
  readonly decision: Decision
  readonly nowMs: EpochMs
}

export function statusOf(input: StatusInput): MaterialStatus {
  const { material, facts, memory, decision, nowMs } = input
  const rungs = {
    issued: hadRung(input),
    installed: installedRung(input),
    loaded: loadedRung(input),
    served: servedRung(input),
    verified: verifiedCondition(input),
  }
  const certificate = certificateOf(facts)
  const failure = memory.materials[material.id]?.failure
  const held = memory.materials[material.id]?.keyset?.held
  const rolledBack = findRollbackHold(memory.materials[material.id], certificate)
  return {
    id: material.id,
    ready: Object.values(rungs).every(({ state }) => state === 'yes' || state === 'off'),
    ...rungs,
    ...(certificate && {
      serial: certificate.serial,
      notBeforeMs: certificate.notBeforeMs,
      notAfterMs: certificate.notAfterMs,
    }),
    ...(facts.kind === 'bundle' && endOf(facts)),
    ...(decision.dueAtMs === undefined ? {} : { dueAtMs: decision.dueAtMs }),
    next: nextAction(decision),
    owed: owedBy(memory, material.id).map((debt) => withOpenTry(debt, nowMs)),
    ...(material.kind === 'keyset' && rotationAhead(material, memory, nowMs)),
    ...(rolledBack && { rolledBack }),
    ...(held && { held }),
    ...(failure && {
      failure: {
        code: failure.code,
        message: failure.message,
        count: failure.count,
        atMs: failure.atMs,
        retryAtMs: failure.retryAtMs,
      },
    }),
  }
}

function nextAction(decision: Decision): NextAction {
  const { kind, reason, message, dueAtMs } = decision
  const atMs = kind === 'keep' ? dueAtMs : kind === 'hold' ? decision.retryAtMs : undefined
  return { action: kind, reason, message, ...(atMs === undefined ? {} : { atMs }) }
}

/** A bundle ends when the first of its authorities does. */
function endOf(facts: BundleFacts): Pick<MaterialStatus, 'notAfterMs'> {
  const notAfterMs = firstEnd(facts)
  return notAfterMs === undefined ? {} : { notAfterMs }
}

function hadRung({ material, facts, memory, nowMs }: StatusInput): Rung {
  switch (facts.kind) {
    case 'pair':
      return issuedRung(facts, memory.materials[material.id], nowMs)
    case 'bundle':
      return judgedRung(facts, nowMs)
    case 'secret':
      return readRung(memory.materials[material.id]?.secret)
    case 'keyset':
      return inUseRung(memory.materials[material.id]?.keyset)
  }
}

function readRung(secret: SecretMemory | undefined): Rung {
  if (!secret)
    return { state: 'unknown', reason: 'not-remembered', message: 'keyroller does not remember reading it' }
  return {
    state: 'yes',
    reason: 'read',
    message: `version ${secret.version}, read at ${formatMoment(secret.atMs)}`,
  }
}

function issuedRung(facts: PairFacts, memory: MaterialMemory | undefined, nowMs: EpochMs): Rung {
  const { certificate } = facts.leaf
  if (!certificate)
    return {
      state: 'no',
      reason: facts.leaf.state,
      message: `certificate: ${facts.leaf.why ?? facts.leaf.state}`,
    }
  if (facts.chain.state === 'no-anchors')
    return { state: 'unknown', reason: 'no-anchors', message: facts.chain.fault.message }
  if (facts.chain.state === 'untrusted')
    return { state: 'no', reason: 'untrusted-chain', message: `untrusted chain: ${facts.chain.why}` }
  if (nowMs < certificate.notBeforeMs)
    return {
      state: 'no',
      reason: 'not-yet-valid',
      message: `not valid before ${formatMoment(certificate.notBeforeMs)}: compare the clocks`,
    }
  const revocation = memory?.revocation
  if (revocation?.revokedAtMs !== undefined && revocation.fingerprint === certificate.fingerprint)
    return { state: 'no', reason: 'revoked', message: `revoked at ${formatMoment(revocation.revokedAtMs)}` }
  if (nowMs >= certificate.notAfterMs)
    return { state: 'no', reason: 'expired', message: `expired at ${formatMoment(certificate.notAfterMs)}` }
  return {
    state: 'yes',
    reason: 'valid',
    message: `serial ${certificate.serial}, until ${formatMoment(certificate.notAfterMs)}`,
  }
}

function installedRung({ facts, material }: StatusInput): Rung {
  const fault = facts.kind === 'pair' ? keyFault(facts) : undefined
  if (fault) return { state: 'no', ...fault }
  const drift = [
    ...findFileDrift(facts, material.layout).map(({ message }) => message),
    ...unjudgedFiles(facts),
  ]
  if (drift.length > 0) return { state: 'no', reason: 'file-drift', message: drift.join('; ') }
  const count = facts.files.length
  return {
    state: 'yes',
    reason: 'as-configured',
    message: `${count} ${count === 1 ? 'file' : 'files'} as configured`,
  }
}

function keyFault({ key, keyMatches }: PairFacts): Pick<Rung, 'reason' | 'message'> | undefined {
  if (key.state !== 'read') return { reason: key.state, message: `private key: ${key.why ?? key.state}` }
  if (keyMatches !== false) return undefined
  return { reason: 'key-mismatch', message: 'the private key does not belong to the certificate' }
}

/** A file whose owner or password cannot be told, or that lies on a disk although ephemeral, is not the one configured. */
function unjudgedFiles({ files }: MaterialFacts): string[] {
  return files.flatMap(({ spec, wanted, unwritable, exposed }) => {
    const why =
      exposed?.message ?? unwritable?.message ?? (wanted.state === 'unknown' ? wanted.why : undefined)
    return why === undefined ? [] : [`${spec.path}: ${why}`]
  })
}

function loadedRung({ material, facts, memory, nowMs }: StatusInput): Rung {
  if (material.reload.length === 0)
    return { state: 'off', reason: 'no-target', message: 'no reload target configured' }
  const owed = owedBy(memory, material.id)
  if (owed.length > 0) {
    const who = owed.map((debt) => describeDebt(debt, nowMs)).join(', ')
    return { state: 'no', reason: 'owed', message: `owed: ${who}` }
  }
  const known = memory.materials[material.id]
  if (!known?.issued && !known?.bundle && !known?.secret && !known?.keyset)
    return { state: 'unknown', reason: 'not-remembered', message: NOT_REMEMBERED }
  if (!isOwnInstall(known, facts)) {
    const was = known.issued ? `, which was serial ${known.issued.serial}` : ''
    return {
      state: 'unknown',
      reason: 'other-install',
      message: `another than keyroller installed last${was}`,
    }
  }
  return {
    state: 'yes',
    reason: 'told',
    message: `told: ${material.reload.map(({ text }) => text).join(', ')}`,
  }
}

const NOT_REMEMBERED = 'keyroller does not remember installing it: another tool did, or the state was lost'

function describeDebt({ target, sinceMs, attempts, ...tries }: OwedReload, nowMs: EpochMs): string {
  const since = `${target} since ${formatMoment(sinceMs)}`
  if (!isBackingOff(tries, nowMs)) return since
  return `${since}, next try at ${formatMoment(tries.retryAtMs)} after ${attempts} failed`
}

function withOpenTry(debt: OwedReload, nowMs: EpochMs): OwedReload {
  if (isBackingOff(debt, nowMs)) return debt
  const { atMs: _, retryAtMs: __, ...rest } = debt
  return rest
}

function owedBy({ owed }: RunMemory, id: MaterialId): OwedReload[] {
  return owed.filter(({ materials }) => materials.includes(id))
}

function servedRung({ material, facts, memory }: StatusInput): Rung {
  if (!isProbed(material) || material.probes.length === 0)
    return { state: 'off', reason: 'no-probe', message: 'no probe configured' }
  const known = memory.materials[material.id]
  const served = known?.served
  if (!served || served.fingerprint !== lookedFor(known, facts)) {
    const what = known?.keyset ? 'these versions' : 'this certificate'
    return { state: 'unknown', reason: 'not-looked', message: `no client has looked for ${what} yet` }
  }
  const when = `at ${formatMoment(served.atMs)}`
  if (served.outcome === 'served')
    return { state: 'yes', reason: 'served', message: `${served.message}, ${when}` }
  const { escalation } = memory.materials[material.id] ?? {}
  const tried = escalation?.fingerprint === served.fingerprint ? describeTried(escalation.tried) : ''
  return {
    state: 'no',
    reason: served.outcome,
    message: `${served.message}, ${when}${tried === '' ? '' : `; ${tried}`}`,
  }
}

function verifiedCondition({ material, facts, memory }: StatusInput): Rung {
  if (!isPaired(material) || !material.probes.some(({ kind }) => kind === 'tls'))
    return { state: 'off', reason: 'no-probe', message: 'no TLS client looks' }
  const served = memory.materials[material.id]?.served
  if (served?.outcome !== 'served' || served.fingerprint !== certificateOf(facts)?.fingerprint)
    return { state: 'unknown', reason: 'not-looked', message: 'no client has verified it yet' }
  if (served.unverified !== undefined)
    return { state: 'no', reason: 'unverified', message: served.unverified }
  const as = served.peer === undefined ? 'its chain verifies' : `attested as ${served.peer}`
  return { state: 'yes', reason: 'verified', message: as }
}
