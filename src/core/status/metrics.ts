/** What Prometheus is told: the status as numbers. Names and labels are interface. */

import type { EpochMs } from '../epoch-ms.ts'
import type { MaterialId } from '../material.ts'
import type { MaterialMemory, OwedReload, RunMemory } from '../memory.ts'
import type { Family, Sample } from './exposition.ts'
import { keysetRows } from './keyset-metrics.ts'
import type { Rung } from './rung.ts'
import type { MaterialStatus } from './rungs.ts'
import { judgeSkew } from './skew.ts'

export interface MetricsInput {
  readonly statuses: readonly MaterialStatus[]
  readonly memory: RunMemory
  readonly interrupted: boolean
  readonly version: string
  readonly nodeVersion: string
  /** Unset when no run is being told of. */
  readonly run?: { readonly startedMs: EpochMs; readonly endedMs: EpochMs; readonly exit: number }
}

export function metricsOf(input: MetricsInput): Family[] {
  return [
    ...hostFamilies(input),
    ...materialFamilies(input),
    ...keysetRows(input.statuses, input.memory),
  ].map(([name, help, samples]) => ({
    name: `keyroller_${name}`,
    help,
    samples,
  }))
}

type Row = [name: string, help: string, samples: readonly Sample[]]

function hostFamilies({ memory, run, interrupted, version, nodeVersion }: MetricsInput): Row[] {
  const { server, ledger, owed } = memory
  const skew = judgeSkew(server?.version, version, [])
  const one = (value: number | undefined): Sample[] => (value === undefined ? [] : [{ value }])
  return [
    ['build_info', 'What this is; always 1.', [{ labels: { version, node: nodeVersion }, value: 1 }]],
    [
      'run_last_timestamp_seconds',
      'End of the last run, also of one with nothing due.',
      one(seconds(run?.endedMs)),
    ],
    ['run_duration_seconds', 'How long that run took.', one(run && (run.endedMs - run.startedMs) / 1000)],
    ['run_exit_code', 'Exit code of that run.', one(run?.exit)],
    ['interrupted', 'Whether a switch of files was cut off.', one(Number(interrupted))],
    ['owed_reloads', 'Consumers that were not told yet.', one(owed.length)],
    ['owed_reload_attempts', 'Runs that told it in vain.', owed.map((debt) => ofDebt(debt, debt.attempts))],
    [
      'owed_reload_retry_timestamp_seconds',
      'Before when no run tells it again.',
      owed.flatMap((debt) => one(seconds(debt.retryAtMs)).map(({ value }) => ofDebt(debt, value))),
    ],
    [
      'server_info',
      'The server as a run last saw it; always 1.',
      server ? [{ labels: { version: server.version }, value: 1 }] : [],
    ],
    [
      'server_skew',
      'How far this build is from the server; always 1.',
      skew.map(({ verdict }) => ({ labels: { verdict }, value: 1 })),
    ],
    ['ledger_entries', 'Sequence number of the last entry of the ledger.', one(ledger?.head?.seq)],
  ]
}

function ofDebt({ target }: OwedReload, value: number): Sample {
  return { labels: { target }, value }
}

function materialFamilies({ statuses, memory }: MetricsInput): Row[] {
  const of = (value: (one: MaterialStatus, memory: MaterialMemory) => number | undefined): Sample[] =>
    statuses.flatMap((one) => {
      const found = value(one, memory.materials[one.id] ?? {})
      return found === undefined ? [] : [{ labels: labelsOf(one.id), value: found }]
    })
  return [
    [
      'certificate_not_before_timestamp_seconds',
      'When its life began.',
      of((one) => seconds(one.notBeforeMs)),
    ],
    [
      'certificate_not_after_timestamp_seconds',
      'When it ends; of a bundle, when the first of its authorities does.',
      of((one) => seconds(one.notAfterMs)),
    ],
    ['material_due_timestamp_seconds', 'When it falls due.', of((one) => seconds(one.dueAtMs))],
    ['material_ready', 'Whether every rung that is configured is reached.', of((one) => Number(one.ready))],
    ['material_rung', 'The state of a rung: yes, no or unknown; always 1.', statuses.flatMap(rungSamples)],
    ['material_owed_reloads', 'Consumers of it that were not told yet.', of((one) => one.owed.length)],
    [
      'material_last_success_timestamp_seconds',
      'When it was last renewed or read.',
      of((_, known) => success(known)),
    ],
    [
      'material_last_attempt_timestamp_seconds',
      'When that was last tried.',
      of((_, known) => attempt(known)),
    ],
    ['material_failures', 'Failures in a row, by fault.', statuses.flatMap(failureSamples)],
  ]
}

function rungSamples({ id, issued, installed, loaded, served, verified }: MaterialStatus): Sample[] {
  const rungs: Record<string, Rung> = { issued, installed, loaded, served, verified }
  return Object.entries(rungs).flatMap(([rung, { state }]) =>
    state === 'off' ? [] : [{ labels: { ...labelsOf(id), rung, state }, value: 1 }],
  )
}

function failureSamples({ id, failure }: MaterialStatus): Sample[] {
  return failure ? [{ labels: { ...labelsOf(id), fault: failure.code }, value: failure.count }] : []
}

function success({ issued, bundle, secret, keyset }: MaterialMemory): number | undefined {
  return seconds(issued?.atMs ?? bundle?.atMs ?? secret?.atMs ?? keyset?.atMs)
}

function attempt(known: MaterialMemory): number | undefined {
  const tries = [success(known), seconds(known.failure?.atMs)].filter((one) => one !== undefined)
  return tries.length === 0 ? undefined : Math.max(...tries)
}

function labelsOf(id: MaterialId): { kind: string; name: string } {
  const slash = id.indexOf('/')
  return { kind: id.slice(0, slash), name: id.slice(slash + 1) }
}

function seconds(ms: EpochMs | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000
}
