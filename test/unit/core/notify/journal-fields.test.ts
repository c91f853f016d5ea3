import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { eventFields, headFields, MESSAGE_IDS } from '../../../../src/core/notify/journal-fields.ts'
import { trouble } from './play.ts'

const page = readFileSync(new URL('../../../../docs/notify.md', import.meta.url), 'utf8')

test('docs/notify.md lists every MESSAGE_ID with its event', () => {
  const rows = [...page.matchAll(/^\| `([0-9a-f]{32})` \| (?:`([a-z-]+)`|none:)/gm)]
  expect(rows.map(([, id, event = 'ledger-head']) => [event, id])).toEqual(Object.entries(MESSAGE_IDS))
})

test('they never change', () => {
  expect(MESSAGE_IDS.failed).toBe('e72468b0c474492ba566c42f4fb27bf1')
  expect(new Set(Object.values(MESSAGE_IDS)).size).toBe(6)
})

test('an event has fields to filter by, the host no material', () => {
  expect(eventFields(trouble('certificate/web', 'failed', 'critical'))).toEqual({
    MESSAGE: 'certificate/web failed: failed of certificate/web',
    MESSAGE_ID: MESSAGE_IDS.failed,
    PRIORITY: '2',
    SYSLOG_IDENTIFIER: 'keyroller',
    KEYROLLER_EVENT: 'failed',
    KEYROLLER_MATERIAL: 'certificate/web',
    KEYROLLER_REASON: 'failed-reason',
  })
  expect(eventFields(trouble('host', 'failed'))).not.toHaveProperty('KEYROLLER_MATERIAL')
})

test('a head has both of its parts', () => {
  expect(headFields({ seq: 17, hash: 'ab' })).toMatchObject({
    KEYROLLER_LEDGER_SEQ: '17',
    KEYROLLER_LEDGER_HASH: 'ab',
  })
})
