/** What is wrong with a host now, as far as somebody should be told: the findings of `check`, by what they mean. */
import type { EpochMs } from '../epoch-ms.ts'
import type { RunMemory } from '../memory.ts'
import { DEFAULT_THRESHOLDS, type Finding, type FindingReason, judgeCheck } from '../status/check.ts'
import type { MaterialStatus } from '../status/rungs.ts'
import { judgeSkew } from '../status/skew.ts'
import { HOST, type NotifyEvent, type Subject, TROUBLES, type Trouble } from './event.ts'

export interface Standing {
  /** Every subject that was looked at; without trouble, with none. */
  readonly subjects: ReadonlyMap<Subject, readonly StandingTrouble[]>
  /** Unset while no run has seen a server. */
  readonly skew?: StandingSkew
}

export interface StandingTrouble extends Omit<NotifyEvent, 'kind'> {
  readonly kind: Trouble
}

export interface StandingSkew extends Omit<NotifyEvent, 'kind'> {
  /** Versions and verdict: another one is a change. */
  readonly state: string
}

export interface StandingInput {
  readonly statuses: readonly MaterialStatus[]
  readonly interrupted: boolean
  readonly memory: RunMemory
  /** Of this build. */
  readonly version: string
  readonly nowMs: EpochMs
}

export function standingOf(input: StandingInput): Standing {
  const byId = new Map(input.statuses.map((status) => [status.id, status]))
  const { findings } = judgeCheck({ ...input, thresholds: DEFAULT_THRESHOLDS })
  const troubles = findings.flatMap((finding): StandingTrouble[] => {
    const status = finding.material && byId.get(finding.material)
    const trouble = troubleOf(finding, status)
    return trouble ? [trouble] : []
  })
  const bySubject = Map.groupBy(troubles, ({ subject }) => subject)
  const looked: Subject[] = [HOST, ...byId.keys()]
  const skew = skewOf(input)
  return {
    subjects: new Map(looked.map((subject) => [subject, worstOfEach(bySubject.get(subject) ?? [])])),
    ...(skew ? { skew } : {}),
  }
}

/** A run that is overdue is nobody's to tell: who could was not started. */
const MEANING: Readonly<Record<FindingReason, Trouble | undefined>> = {
  interrupted: 'failed',
  issued: 'failed',
  installed: 'failed',
  served: 'failed',
  verified: 'failed',
  failed: 'failed',
  owed: 'owed',
  ends: 'expiring',
  overdue: undefined,
  held: 'failed',
}

function troubleOf(
  { reason, state, message, material }: Finding,
  status: MaterialStatus | undefined,
): StandingTrouble | undefined {
  const kind = MEANING[reason]
  if (kind === undefined || (status && isAsPlanned(reason, status))) return undefined
  return {
    kind,
    subject: material ?? HOST,
    severity: state,
    reason: status ? reasonIn(reason, status) : reason,
    message,
  }
}

/**
 * What nobody has tried yet has not failed: a run for one name leaves the others to the next. And what is not due yet, or waits
 * for its window, ends when it should: a late `renew_at` is no alarm at every renewal.
 */
function isAsPlanned(reason: FindingReason, { next, failure }: MaterialStatus): boolean {
  switch (reason) {
    case 'issued':
    case 'installed':
      return failure === undefined && next.action !== 'keep' && next.action !== 'hold'
    case 'ends':
      return next.action === 'keep' || next.reason === 'outside-window'
    default:
      return false
  }
}

function reasonIn(reason: FindingReason, status: MaterialStatus): string {
  switch (reason) {
    case 'issued':
    case 'installed':
    case 'served':
    case 'verified':
      return status[reason].reason
    case 'failed':
      return status.failure?.code ?? reason
    default:
      return reason
  }
}

/** Findings come with the critical ones first. */
function worstOfEach(troubles: readonly StandingTrouble[]): StandingTrouble[] {
  return TROUBLES.flatMap((kind) => troubles.find((one) => one.kind === kind) ?? [])
}

/** A test after an upgrade that found something broken is part of it: such a host looks healthy and cannot renew. */
function skewOf({ memory: { server }, version }: StandingInput): StandingSkew | undefined {
  const [line] = judgeSkew(server?.version, version, [])
  if (!server || !line) return undefined
  const broken = server.retest?.lines.find(({ fault }) => fault !== undefined)
  const state = `${version} ${server.version} ${line.verdict}${broken ? ' broken' : ''}`
  if (broken?.fault) {
    const message = `${line.message}; ${broken.check} of ${broken.subject} fails since: ${broken.fault.message}`
    return { state, subject: HOST, severity: 'critical', reason: broken.fault.code, message }
  }
  const isClose = line.verdict === 'same' || line.verdict === 'patch'
  const severity = isClose ? 'info' : 'warning'
  return { state, subject: HOST, severity, reason: line.verdict, message: line.message }
}
