/** Keysets for a person: a line each, or a line for each version of one and what lies ahead of it. */
import { formatMoment, formatUntil } from '../core/duration.ts'
import type { EpochMs } from '../core/epoch-ms.ts'
import { keysetPlace } from '../core/keysets/card-keysets.ts'
import { type KeyVersion, stateOf } from '../core/keysets/document.ts'
import { type Outlook, sinceOf } from '../core/keysets/outlook.ts'
import type { StepAhead } from '../core/keysets/steps-ahead.ts'
import { isShared, type Keyset } from '../core/material.ts'
import { columns } from './columns.ts'

export interface KeysetLine {
  readonly keyset: Keyset
  /** Unset when it was never looked at. */
  readonly outlook?: Outlook
}

export function keysetLines(all: readonly KeysetLine[], nowMs: EpochMs): string[] {
  if (all.length === 0) return ['no keysets']
  return [
    ...columns([
      ['KEYSET', 'KIND', 'STORE', 'IN USE', 'SINCE', 'NEXT', 'WHEN'],
      ...all.map((one) => [
        one.keyset.name,
        one.keyset.policy.kind,
        storeOf(one.keyset),
        ...lifeOf(one, nowMs),
      ]),
    ]),
    ...all.flatMap(({ keyset, outlook }) => heldLines(keyset, outlook, nowMs)),
  ]
}

function lifeOf({ outlook }: KeysetLine, nowMs: EpochMs): string[] {
  const { active, ahead: [next] = [] } = outlook ?? {}
  return [
    active ? `v${active.number}` : '-',
    active ? formatMoment(active.activeMs) : '-',
    outlook ? (next ? nameOf(next) : '-') : 'look',
    outlook ? (next ? whenOf(next, nowMs) : '-') : 'never looked at',
  ]
}

export function storeOf(keyset: Keyset): string {
  return isShared(keyset) ? keysetPlace(keyset.store) : 'host'
}

function nameOf({ step }: StepAhead): string {
  return `${step.kind} v${step.version}`
}

function whenOf({ dueAtMs }: StepAhead, nowMs: EpochMs): string {
  return dueAtMs <= nowMs ? 'now' : `${formatMoment(dueAtMs)}, in ${formatUntil(dueAtMs, nowMs)}`
}

function heldLines({ name }: Keyset, outlook: Outlook | undefined, nowMs: EpochMs): string[] {
  if (!outlook?.held) return []
  const { reason, message, sinceMs, dueAtMs } = outlook.held
  const how = dueAtMs > nowMs ? `would be held at ${formatMoment(dueAtMs)}` : 'held'
  const since = sinceMs === undefined ? '' : `, seen since ${formatMoment(sinceMs)}`
  return [`${name}: ${how}${since}: ${reason}: ${message}`]
}

export function versionLines({ keyset, outlook }: KeysetLine, nowMs: EpochMs): string[] {
  const head = `${keyset.id}: ${keyset.policy.kind}, store ${storeOf(keyset)}`
  if (!outlook) return [`${head}: never looked at`]
  const { document, ahead, seenAtMs } = outlook
  return [
    `${head}, as seen at ${formatMoment(seenAtMs)}`,
    ...columns([
      ['VERSION', 'KID', 'KIND', 'STATE', 'SINCE', 'ACCEPTED UNTIL', 'HELD'],
      ...document.versions.map((version) => cellsOf(version, keyset)),
    ]),
    ...(ahead.length > 0 ? ['', 'ahead:'] : []),
    ...ahead.map((one) => `  ${whenOf(one, nowMs)}: ${nameOf(one)}: ${one.message}`),
    ...heldLines(keyset, outlook, nowMs),
  ]
}

function cellsOf(version: KeyVersion, { policy }: Keyset): string[] {
  const { number, kid, kind, hold } = version
  const held = hold ? `since ${formatMoment(hold.sinceMs)}: ${hold.why}` : policy.legalHold
  return [
    ...[`v${number}`, kid, kind, stateOf(version), formatMoment(sinceOf(version))],
    ...[version.state === 'retiring' ? formatMoment(version.acceptUntilMs) : '-', held ?? '-'],
  ]
}
