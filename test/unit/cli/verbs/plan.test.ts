import { describe, expect, test } from 'vitest'
import { DAY_MS, NOW_MS } from '../../x509/authority.ts'
import { stage } from '../stage.ts'

const DUE = { notBeforeMs: NOW_MS - 21 * DAY_MS, notAfterMs: NOW_MS + 9 * DAY_MS }

describe('plan', () => {
  test('nothing to do', async () => {
    const { keyroller } = await stage()
    expect(await keyroller('plan')).toEqual({
      exit: 0,
      stderr: '',
      stdout: [
        'keep   identity/agent: current: current, due in 10d, at 2026-06-11T12:00:00Z',
        'keep   certificate/web: current: current, due in 5d, at 2026-06-06T12:00:00Z',
        '',
        'nothing to do',
        '',
      ].join('\n'),
    })
  })

  test('what is due, and the steps that follow', async () => {
    const { keyroller } = await stage({ web: DUE })
    expect((await keyroller('plan')).stdout.split('\n')).toEqual([
      'keep   identity/agent: current: current, due in 10d, at 2026-06-11T12:00:00Z',
      'renew  certificate/web: due: due since 2026-05-31T12:00:00Z, 9d of its life left',
      '',
      'steps:',
      '  1. write and read back where files will go',
      '  2. ask the server for its health and version',
      '  3. log in at auth/cert as agent',
      '  4. issue certificate/web: due since 2026-05-31T12:00:00Z, 9d of its life left',
      "  5. install certificate/web; replaces 2 files not known to be keyroller's, kept for 7d",
      '  6. tell exec:/bin/true',
      '',
    ])
  })

  test('only what was named, as if asked for now', async () => {
    const { keyroller } = await stage()
    const { stdout } = await keyroller('plan --now agent')
    expect(stdout).toContain('renew  identity/agent: forced: renewal was asked for\n')
    expect(stdout).not.toContain('certificate/web')
  })

  test('a hold stands out', async () => {
    const { keyroller, place } = await stage({ web: DUE })
    place('agent.key', 'nonsense', 0o600)
    expect((await keyroller('plan')).stdout.split('\n').slice(0, 4)).toEqual([
      'HOLD   identity/agent: not-enrolled: private key: the key file: expected a PEM block at character 0, found something else; identity/agent cannot log in: private key: the key file: expected a PEM block at character 0, found something else',
      'HOLD   certificate/web: identity-unusable: due since 2026-05-31T12:00:00Z, 9d of its life left; identity/agent cannot log in: private key: the key file: expected a PEM block at character 0, found something else',
      '',
      'nothing to do',
    ])
  })

  test('as JSON: moments as text, targets by their text', async () => {
    const { keyroller, place } = await stage({ web: DUE })
    place('state/state.json', JSON.stringify(memoryWithDebts()))
    const { exit, stdout } = await keyroller('plan --json')
    expect(exit).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 1,
      decisions: [
        { kind: 'keep', material: 'identity/agent', reason: 'current', dueAt: '2026-06-11T12:00:00Z' },
        { kind: 'hold', material: 'certificate/web', reason: 'backing-off', retryAt: '2026-06-01T13:00:00Z' },
      ],
      steps: [{ kind: 'reload', target: 'exec:/bin/true', owed: { since: '2026-06-01T11:00:00Z' } }],
      settled: [{ target: 'podman:gone', since: '2026-06-01T11:00:00Z' }],
      online: [],
    })
    expect(stdout).not.toMatch(/"\w+Ms":/)
  })

  function memoryWithDebts() {
    const debt = { materials: ['certificate/web'], sinceMs: NOW_MS - 3_600_000, attempts: 1 }
    const failure = {
      code: 'vault-sealed',
      message: 'm',
      hint: 'h',
      count: 1,
      atMs: NOW_MS - 1,
      retryAtMs: NOW_MS + 3_600_000,
    }
    return {
      schema: 1,
      materials: { 'certificate/web': { failure } },
      owed: [
        { target: 'exec:/bin/true', ...debt },
        { target: 'podman:gone', ...debt },
      ],
    }
  }
})
