/** What `keyset list` and `keyset show` say of a keyset of this host, word for word. */
import { describe, expect, test } from 'vitest'
import { DAY_MS, NOW_MS } from '../../x509/authority.ts'
import { stage } from '../stage.ts'
import { keysetStage } from './keyset-stage.ts'

test('a host without keysets', async () => {
  const { keyroller } = await stage()
  expect(await keyroller('keyset list')).toEqual({ exit: 0, stdout: 'no keysets\n', stderr: '' })
})

test('one that was never looked at', async () => {
  const { keyroller } = await keysetStage()
  expect((await keyroller('keyset list')).stdout.split('\n')).toEqual([
    'KEYSET  KIND     STORE  IN USE  SINCE  NEXT  WHEN',
    'tokens  ed25519  host   -       -      look  never looked at',
    '',
  ])
  expect((await keyroller('keyset show tokens')).stdout).toBe(
    'keyset/tokens: ed25519, store host: never looked at\n',
  )
})

test('one with a version in use, and the next one ahead', async () => {
  const { keyroller } = await keysetStage()
  expect((await keyroller('renew tokens')).exit).toBe(0)
  const nowMs = NOW_MS + 80 * DAY_MS
  expect((await keyroller('keyset list', { nowMs })).stdout.split('\n')).toEqual([
    'KEYSET  KIND     STORE  IN USE  SINCE                 NEXT     WHEN',
    'tokens  ed25519  host   v1      2026-06-01T12:00:00Z  make v2  2026-08-23T12:00:00Z, in 3d',
    '',
  ])
  expect((await keyroller('keyset show tokens', { nowMs })).stdout.split('\n')).toEqual([
    'keyset/tokens: ed25519, store host, as seen at 2026-06-01T12:00:00Z',
    'VERSION  KID  KIND     STATE   SINCE                 ACCEPTED UNTIL  HELD',
    'v1       v1   ed25519  active  2026-06-01T12:00:00Z  -               -',
    '',
    'ahead:',
    '  2026-08-23T12:00:00Z, in 3d: make v2: version 1 is in use until 2026-08-30T12:00:00Z, to be known 7d before',
    '',
  ])
})

test('as a calendar', async () => {
  const { keyroller } = await keysetStage()
  expect((await keyroller('keyset list --ics')).stdout).not.toContain('VEVENT')
  await keyroller('renew tokens --log human')
  const { stdout } = await keyroller('keyset list --ics')
  expect(stdout).toMatch(/\r\nUID:v2\.tokens\.[0-9a-f]{32}@keyroller\r\n/)
  expect(stdout).toContain('\r\nDTSTART:20260830T120000Z\r\n')
})

describe('as JSON', () => {
  test('list', async () => {
    const { keyroller } = await keysetStage()
    await keyroller('renew tokens')
    expect(JSON.parse((await keyroller('keyset list --json')).stdout)).toEqual({
      schema: 1,
      at: '2026-06-01T12:00:00Z',
      keysets: [
        {
          material: 'keyset/tokens',
          name: 'tokens',
          kind: 'ed25519',
          store: 'host',
          seenAt: '2026-06-01T12:00:00Z',
          inUse: { version: 1, kid: 'v1', since: '2026-06-01T12:00:00Z' },
          next: {
            step: 'make',
            version: 2,
            at: '2026-08-23T12:00:00Z',
            reason: 'rotation-ahead',
            message: 'version 1 is in use until 2026-08-30T12:00:00Z, to be known 7d before',
          },
        },
      ],
    })
  })

  test('show', async () => {
    const { keyroller } = await keysetStage('legal_hold = "case 4711"')
    await keyroller('renew tokens')
    expect(JSON.parse((await keyroller('keyset show keyset/tokens --json')).stdout)).toMatchObject({
      legalHold: 'case 4711',
      versions: [{ version: 1, kid: 'v1', kind: 'ed25519', state: 'active', since: '2026-06-01T12:00:00Z' }],
      ahead: [{ step: 'make', version: 2 }],
    })
  })
})

test('what is no keyset', async () => {
  const { keyroller } = await keysetStage()
  expect(await keyroller('keyset show web')).toMatchObject({
    exit: 2,
    stderr: expect.stringContaining('found web; configured: keyset/tokens\n'),
  })
})
