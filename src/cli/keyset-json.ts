/** Keysets for programs: what `keyset list` and `keyset show` say with `--json`. */
import { formatMoment } from '../core/duration.ts'
import { type KeyVersion, stateOf } from '../core/keysets/document.ts'
import { type Outlook, sinceOf } from '../core/keysets/outlook.ts'
import type { StepAhead } from '../core/keysets/steps-ahead.ts'
import { type KeysetLine, storeOf } from './keyset-table.ts'

export function keysetJson({ keyset, outlook }: KeysetLine) {
  const { id: material, name, policy } = keyset
  return { material, name, kind: policy.kind, store: storeOf(keyset), ...(outlook ? lifeJson(outlook) : {}) }
}

function lifeJson({ seenAtMs, active, ahead: [next], held }: Outlook) {
  return {
    seenAt: formatMoment(seenAtMs),
    ...(active
      ? { inUse: { version: active.number, kid: active.kid, since: formatMoment(active.activeMs) } }
      : {}),
    ...(next ? { next: stepJson(next) } : {}),
    ...(held ? { held: heldJson(held) } : {}),
  }
}

export function versionsJson(line: KeysetLine) {
  const { legalHold } = line.keyset.policy
  return {
    ...keysetJson(line),
    ...(legalHold === undefined ? {} : { legalHold }),
    versions: line.outlook?.document.versions.map(versionJson) ?? [],
    ahead: line.outlook?.ahead.map(stepJson) ?? [],
  }
}

function stepJson({ step, dueAtMs, reason, message }: StepAhead) {
  return { step: step.kind, version: step.version, at: formatMoment(dueAtMs), reason, message }
}

function heldJson({ reason, message, sinceMs, dueAtMs }: NonNullable<Outlook['held']>) {
  return {
    reason,
    message,
    at: formatMoment(dueAtMs),
    ...(sinceMs === undefined ? {} : { since: formatMoment(sinceMs) }),
  }
}

function versionJson(version: KeyVersion) {
  const { number, kid, kind, hold, createdMs } = version
  return {
    ...{ version: number, kid, kind, state: stateOf(version) },
    since: formatMoment(sinceOf(version)),
    created: formatMoment(createdMs),
    ...(version.state === 'retiring' ? { acceptedUntil: formatMoment(version.acceptUntilMs) } : {}),
    ...(hold ? { hold: { since: formatMoment(hold.sinceMs), why: hold.why } } : {}),
  }
}
