import type { EpochMs } from '../epoch-ms.ts'
import type { MaterialId } from '../material.ts'
import type { Rung } from './rung.ts'
import type { MaterialStatus } from './rungs.ts'

/** What keyroller does next for one rung; without a time in the next run. */
export interface NextMove {
  readonly action: MaterialStatus['next']['action'] | 'tell' | 'look'
  readonly atMs?: EpochMs
}

/** Consumers that were missed are told and looked at at their next try; those nobody knows of along with the next renewal. */
export function nextMoves(
  status: MaterialStatus,
): Record<'issued' | 'installed' | 'loaded' | 'served', NextMove> {
  const { id, next, dueAtMs } = status
  const decided: NextMove = { action: next.action, ...at(next.atMs) }
  const later: NextMove = { action: isIssued(id) ? 'renew' : 'refresh', ...at(dueAtMs) }
  const tries = status.owed.map(({ retryAtMs }) => retryAtMs)
  const isLeft = next.action === 'keep' || next.action === 'repair'
  return {
    issued: isLeft && dueAtMs !== undefined ? later : decided,
    installed: next.action === 'keep' ? { action: 'keep' } : decided,
    loaded: consumerMove('tell', status.loaded, dueAtMs, tries),
    served: isToldUnseen(status) ? { action: 'look' } : consumerMove('look', status.served, dueAtMs, tries),
  }
}

/** What keyroller has installed and told, and nobody has looked at, is looked at by the next run. */
function isToldUnseen({ loaded, served }: MaterialStatus): boolean {
  return loaded.state === 'yes' && served.state === 'unknown'
}

/** Bundles and secrets follow a source that is looked at. */
function isIssued(id: MaterialId): boolean {
  return id.startsWith('identity/') || id.startsWith('certificate/')
}

function consumerMove(
  action: 'tell' | 'look',
  { state }: Rung,
  dueAtMs: EpochMs | undefined,
  tries: readonly (EpochMs | undefined)[],
): NextMove {
  if (state === 'off') return { action: 'keep' }
  return { action, ...at(state === 'no' ? firstOf(tries) : dueAtMs) }
}

/** Undefined is the next run, which comes before all. */
function firstOf(tries: readonly (EpochMs | undefined)[]): EpochMs | undefined {
  const times = tries.filter((time) => time !== undefined)
  return times.length > 0 && times.length === tries.length ? Math.min(...times) : undefined
}

function at(atMs: EpochMs | undefined): { readonly atMs?: EpochMs } {
  return atMs === undefined ? {} : { atMs }
}
