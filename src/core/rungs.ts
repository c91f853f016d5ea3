/** The four rungs of a material: issued, installed, loaded, served. Status, verify and metrics all speak these words. */
import type { Decision } from './decide.ts'
import { formatMoment } from './duration.ts'
import type { MaterialFacts } from './facts.ts'
import { findFileDrift } from './file-drift.ts'
import type { EpochMs, Material, MaterialId } from './material.ts'
import type { OwedReload, RunMemory } from './memory.ts'
import { findRollbackHold, type RollbackHold } from './rollback-hold.ts'

/** `off`: nothing is configured for this rung. `unknown`: nobody has looked yet. */
export interface Rung {
  readonly state: 'yes' | 'no' | 'unknown' | 'off'
  readonly message: string
}

export interface MaterialStatus {
  readonly id: MaterialId
  readonly ready: boolean
  readonly issued: Rung
  readonly installed: Rung
  readonly loaded: Rung
  readonly served: Rung
  readonly serial?: string
  readonly notBeforeMs?: EpochMs
  readonly notAfterMs?: EpochMs
  readonly dueAtMs?: EpochMs
  /** What the next run would do with it. */
  readonly next: { readonly action: Decision['kind']; readonly reason: string; readonly message: string }
  readonly owed: readonly OwedReload[]
  /** What is installed was put back by a rollback. */
  readonly rolledBack?: RollbackHold
  readonly failure?: {
    readonly code: string
    readonly message: string
    readonly count: number
    readonly atMs: EpochMs
    readonly retryAtMs: EpochMs
  }
}

export interface StatusInput {
  readonly material: Material
  readonly facts: MaterialFacts
  readonly memory: RunMemory
  readonly decision: Decision
  readonly nowMs: EpochMs
}

export function statusOf(input: StatusInput): MaterialStatus {
  const { material, facts, memory, decision } = input
  const rungs = {
    issued: issuedRung(input),
    installed: installedRung(input),
    loaded: loadedRung(input),
    served: servedRung(input),
  }
  const { certificate } = facts.leaf
  const failure = memory.materials[material.id]?.failure
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
    ...(decision.dueAtMs === undefined ? {} : { dueAtMs: decision.dueAtMs }),
    next: { action: decision.kind, reason: decision.reason, message: decision.message },
    owed: owedBy(memory, material.id),
    ...(rolledBack && { rolledBack }),
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

function issuedRung({ facts, nowMs }: StatusInput): Rung {
  const { certificate } = facts.leaf
  if (!certificate) return { state: 'no', message: `certificate: ${facts.leaf.why ?? facts.leaf.state}` }
  if (facts.chain.state === 'no-anchors') return { state: 'unknown', message: facts.chain.fault.message }
  if (facts.chain.state === 'untrusted')
    return { state: 'no', message: `untrusted chain: ${facts.chain.why}` }
  if (nowMs < certificate.notBeforeMs)
    return {
      state: 'no',
      message: `not valid before ${formatMoment(certificate.notBeforeMs)}: compare the clocks`,
    }
  if (nowMs >= certificate.notAfterMs)
    return { state: 'no', message: `expired at ${formatMoment(certificate.notAfterMs)}` }
  return {
    state: 'yes',
    message: `serial ${certificate.serial}, until ${formatMoment(certificate.notAfterMs)}`,
  }
}

function installedRung({ facts, material }: StatusInput): Rung {
  if (facts.key.state !== 'read')
    return { state: 'no', message: `private key: ${facts.key.why ?? facts.key.state}` }
  if (facts.keyMatches === false)
    return { state: 'no', message: 'the private key does not belong to the certificate' }
  const drift = [
    ...findFileDrift(facts, material.layout).map(({ message }) => message),
    ...unjudgedFiles(facts),
  ]
  if (drift.length > 0) return { state: 'no', message: drift.join('; ') }
  const count = facts.files.length
  return { state: 'yes', message: `${count} ${count === 1 ? 'file' : 'files'} as configured` }
}

/** A file whose owner or password cannot be told, or that lies on a disk although ephemeral, is not the one configured. */
function unjudgedFiles({ files }: MaterialFacts): string[] {
  return files.flatMap(({ spec, wanted, unwritable, exposed }) => {
    const why =
      exposed?.message ?? unwritable?.message ?? (wanted.state === 'unknown' ? wanted.why : undefined)
    return why === undefined ? [] : [`${spec.path}: ${why}`]
  })
}

function loadedRung({ material, facts, memory }: StatusInput): Rung {
  if (material.reload.length === 0) return { state: 'off', message: 'no reload target configured' }
  const owed = owedBy(memory, material.id)
  if (owed.length > 0) {
    const who = owed.map(({ target, sinceMs }) => `${target} since ${formatMoment(sinceMs)}`).join(', ')
    return { state: 'no', message: `owed: ${who}` }
  }
  const installed = memory.materials[material.id]?.issued
  if (!installed) return { state: 'unknown', message: NOT_REMEMBERED }
  if (installed.fingerprint !== facts.leaf.certificate?.fingerprint) {
    const message = `another than keyroller installed last, which was serial ${installed.serial}`
    return { state: 'unknown', message }
  }
  return { state: 'yes', message: `told: ${material.reload.map(({ text }) => text).join(', ')}` }
}

const NOT_REMEMBERED = 'keyroller does not remember installing it: another tool did, or the state was lost'

function owedBy({ owed }: RunMemory, id: MaterialId): OwedReload[] {
  return owed.filter(({ materials }) => materials.includes(id))
}

function servedRung({ material, facts, memory }: StatusInput): Rung {
  if (!material.probe) return { state: 'off', message: 'no probe configured' }
  const served = memory.materials[material.id]?.served
  if (!served || served.fingerprint !== facts.leaf.certificate?.fingerprint) {
    return { state: 'unknown', message: 'no client has looked for this certificate yet' }
  }
  const when = `at ${formatMoment(served.atMs)}`
  return { state: served.outcome === 'served' ? 'yes' : 'no', message: `${served.message}, ${when}` }
}
