import { expect, test } from 'vitest'
import { messageOf } from '../../../../src/core/notify/message.ts'
import { NOW_MS } from '../builders.ts'
import { trouble } from './play.ts'

test('a line and an entry for each event, the host without a material', () => {
  const events = [
    trouble('certificate/web', 'owed'),
    { ...trouble('host', 'failed', 'critical'), reason: 'interrupted' },
  ]
  expect(messageOf(events, { host: 'web1', nowMs: NOW_MS })).toEqual({
    schema: 1,
    host: 'web1',
    at: '2026-06-01T12:00:00Z',
    text: 'web1: certificate/web owed: owed of certificate/web\nweb1: failed: failed of host',
    events: [
      {
        event: 'owed',
        material: 'certificate/web',
        severity: 'warning',
        reason: 'owed-reason',
        message: 'owed of certificate/web',
      },
      { event: 'failed', severity: 'critical', reason: 'interrupted', message: 'failed of host' },
    ],
  })
})
