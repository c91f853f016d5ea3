/** What `journalctl` finds: fields of the entries beside those of the log. They are interface, docs/notify.md lists them. */
import type { LedgerHead } from '../ledger/head.ts'
import { type EventKind, HOST, type NotifyEvent, type Severity } from './event.ts'
import { describeEvent } from './message.ts'

/** Made once with `journalctl --new-id128`; one never changes its meaning. */
export const MESSAGE_IDS: Readonly<Record<EventKind | 'ledger-head', string>> = {
  failed: 'e72468b0c474492ba566c42f4fb27bf1',
  owed: '98dd1a4ffbbc4f58bc30e4a1f1f754b0',
  expiring: '39ac3c620e1042ec827c7a8f8edd59d8',
  recovered: '8a27161dfbb74319b253dd669c7b2bb8',
  'skew-changed': '06658ef684994a6aae33f49110579310',
  'ledger-head': '1c4df77eb2e740788fb1c2d04ca9b413',
}

/** The levels of syslog(3). */
const PRIORITIES: Readonly<Record<Severity, string>> = { info: '5', warning: '4', critical: '2' }

export function eventFields(event: NotifyEvent): Record<string, string> {
  return {
    MESSAGE: describeEvent(event),
    MESSAGE_ID: MESSAGE_IDS[event.kind],
    PRIORITY: PRIORITIES[event.severity],
    SYSLOG_IDENTIFIER: 'keyroller',
    KEYROLLER_EVENT: event.kind,
    ...(event.subject === HOST ? {} : { KEYROLLER_MATERIAL: event.subject }),
    KEYROLLER_REASON: event.reason,
  }
}

export function headFields({ seq, hash }: LedgerHead): Record<string, string> {
  return {
    MESSAGE: `the ledger goes to entry ${seq}`,
    MESSAGE_ID: MESSAGE_IDS['ledger-head'],
    PRIORITY: PRIORITIES.info,
    SYSLOG_IDENTIFIER: 'keyroller',
    KEYROLLER_LEDGER_SEQ: String(seq),
    KEYROLLER_LEDGER_HASH: hash,
  }
}
