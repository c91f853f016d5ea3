import type { EpochMs } from '../../core/epoch-ms.ts'
import type { NotifyLimits } from '../../core/notify/config.ts'
import type { Standing } from '../../core/notify/standing.ts'
import { planTelling, type Telling } from '../../core/notify/telling.ts'
import type { Channel } from './channel.ts'
import { type ToldRecord, toldOn } from './told-file.ts'

/** What the channels are planned from, beside what was told on them. */
export interface Occasion {
  readonly channels: readonly Channel[]
  readonly standing: Standing
  readonly limits: NotifyLimits
  readonly nowMs: EpochMs
}

export interface ChannelTelling extends Telling {
  readonly channel: Channel
}

export function planTellings(
  record: ToldRecord,
  { channels, standing, limits, nowMs }: Occasion,
): ChannelTelling[] {
  return channels.map((channel) => ({
    channel,
    ...planTelling(toldOn(record, channel.name), standing, limits, nowMs),
  }))
}

export function recordOf(tellings: readonly ChannelTelling[]): ToldRecord {
  return Object.fromEntries(tellings.map(({ channel, told }) => [channel.name, told]))
}
