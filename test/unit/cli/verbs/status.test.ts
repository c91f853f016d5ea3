import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { DAY_MS, NOW_MS } from '../../x509/authority.ts'
import { type RunOptions, stage } from '../stage.ts'

describe('status', () => {
  test('one line a material, then why a rung is not reached', async () => {
    const { keyroller } = await stage()
    expect((await keyroller('status')).stdout.split('\n')).toEqual([
      'MATERIAL         ISSUED   INSTALL  LOADED   SERVED   EXPIRES   RENEWS',
      'identity/agent   yes      yes      -        -        20d       10d',
      'certificate/web  yes      yes      unknown  -        15d       5d',
      'certificate/web: not loaded: keyroller does not remember installing it: another tool did, or the state was lost',
      '',
      'server unknown: no run has seen it yet',
      'keyroller 0.1.0: unknown: tested with 1.21.1, server unknown',
      '',
    ])
  })

  test('an expired certificate and a file that drifted', async () => {
    const expired = { notBeforeMs: NOW_MS - 3 * DAY_MS, notAfterMs: NOW_MS - DAY_MS }
    const { keyroller, folder } = await stage({ web: expired })
    chmodSync(join(folder, 'agent.key'), 0o644)
    const { stdout } = await keyroller('status')
    for (const line of [
      'identity/agent   yes      NO       -        -        20d       10d',
      'identity/agent: not installed: ~/agent.key: expected mode 0600, found 0644',
      'identity/agent: next: repair: file-drift: ~/agent.key: expected mode 0600, found 0644',
      'certificate/web  NO       yes      unknown  -        -1d       -1d16h',
      'certificate/web: not issued: expired at 2026-05-31T12:00:00Z',
      'certificate/web: next: renew: expired: expired 1d ago, at 2026-05-31T12:00:00Z',
    ])
      expect(stdout.split('\n')).toContain(line)
  })

  test('as JSON', async () => {
    const { keyroller } = await stage()
    const { stdout } = await keyroller('status --json')
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 1,
      at: '2026-06-01T12:00:00Z',
      ready: false,
      materials: [
        {
          id: 'identity/agent',
          ready: true,
          serial: 'S1',
          notAfter: '2026-06-21T12:00:00Z',
          dueAt: '2026-06-11T12:00:00Z',
        },
        { id: 'certificate/web', ready: false, serial: 'S2', loaded: { state: 'unknown' }, owed: [] },
      ],
      skew: [{ subject: 'keyroller', verdict: 'unknown' }],
    })
    expect(stdout).not.toMatch(/"\w+Ms":/)
  })

  test.each(['status', 'renew'])(
    '%s: escape codes on a terminal only, and not for those who want none',
    async (verb) => {
      const { keyroller } = await stage()
      const said = async (options: RunOptions) => (await keyroller(verb, options)).stdout
      expect(await said({ isTTY: true })).toContain('\x1b[')
      for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }])
        expect(await said({ isTTY: true, env })).not.toContain('\x1b')
      expect(await said({})).not.toContain('\x1b')
    },
  )
})
