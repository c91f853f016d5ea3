/** What goes out: everything that a run has to tell, in one message. Its form is interface (docs/notify.md). */
import { formatMoment } from '../duration.ts'
import type { EpochMs } from '../epoch-ms.ts'
import { HOST, type NotifyEvent } from './event.ts'

export interface MessageFrame {
  /** Name of the host. */
  readonly host: string
  readonly nowMs: EpochMs
}

export function messageOf(events: readonly NotifyEvent[], { host, nowMs }: MessageFrame): object {
  return {
    schema: 1,
    host,
    at: formatMoment(nowMs),
    text: events.map((event) => `${host}: ${describeEvent(event)}`).join('\n'),
    events: events.map(({ kind, subject, severity, reason, message }) => ({
      event: kind,
      ...(subject === HOST ? {} : { material: subject }),
      severity,
      reason,
      message,
    })),
  }
}

/** One line, without the host. */
export function describeEvent({ kind, subject, message }: NotifyEvent): string {
  return `${subject === HOST ? '' : `${subject} `}${kind}: ${message}`
}
