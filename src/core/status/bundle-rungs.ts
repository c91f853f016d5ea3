/** The rungs of a bundle: judged, installed, told. */
import { names } from '../deciding/bundle.ts'
import { formatMoment } from '../duration.ts'
import type { EpochMs } from '../epoch-ms.ts'
import type { BundleFacts } from '../facts.ts'
import type { Rung } from './rung.ts'

/** Everything in it was judged when it was installed; what has expired since helps nobody. */
export function judgedRung({ installed, unusable }: BundleFacts, nowMs: EpochMs): Rung {
  const { authorities } = installed
  if (!authorities)
    return {
      state: 'no',
      reason: installed.state,
      message: `authorities: ${installed.why ?? installed.state}`,
    }
  if (unusable) return { state: 'unknown', reason: 'source-unusable', message: unusable.message }
  const expired = authorities.filter(({ notAfterMs }) => nowMs >= notAfterMs)
  if (expired.length > 0) return { state: 'no', reason: 'expired', message: `expired: ${names(expired)}` }
  const until = formatMoment(firstEnd({ installed }) ?? nowMs)
  return { state: 'yes', reason: 'valid', message: `${names(authorities)}, the first of them until ${until}` }
}

/** When the first authority of a bundle ends; undefined when none was read. */
export function firstEnd({ installed }: Pick<BundleFacts, 'installed'>): EpochMs | undefined {
  const ends = (installed.authorities ?? []).map(({ notAfterMs }) => notAfterMs)
  return ends.length === 0 ? undefined : Math.min(...ends)
}
