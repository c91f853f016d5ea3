/** What each verb says of a host, word for word. */
import { chmodSync, readFileSync, statSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { DAY_MS, NOW_MS } from '../x509/authority.ts'
import { type RunOptions, stage } from './stage.ts'

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

describe('config', () => {
  test('check: sound', async () => {
    const { keyroller } = await stage()
    expect(await keyroller('config check')).toEqual({
      exit: 0,
      stdout: 'ok: 1 identity, 1 certificate\n',
      stderr: '',
    })
    expect(JSON.parse((await keyroller('config check --json')).stdout)).toEqual({ valid: true, problems: [] })
  })

  test('check: what this host cannot use', async () => {
    const { keyroller, configure } = await stage()
    configure((text) =>
      text
        .replace('[certificate.web]', '[certificate.web]\nowner = "nobody-knows"')
        .replace('[pki]\n', '[pki]\n# none\n')
        .replace('trust_file = "', 'trust_file = "/nonexistent'),
    )
    const { exit, stdout } = await keyroller('config check')
    expect(exit).toBe(3)
    expect(stdout.split('\n')).toEqual([
      '~/web.key: certificate.web.files.key: expected an owner and group this host knows, found no account nobody-knows',
      '~/web.pem: certificate.web.files.fullchain: expected an owner and group this host knows, found no account nobody-knows',
      '/nonexistent~/root.pem: pki.trust_file: expected a usable CA file, found expected a readable file, found ENOENT at /nonexistent~/root.pem',
      '',
    ])
    expect((await keyroller('config check --no-host')).exit).toBe(0)
  })

  test('check: problems as JSON', async () => {
    const { keyroller, configure } = await stage()
    configure((text) => text.replace('spread = "0"', 'spread = 0'))
    const { exit, stdout } = await keyroller('config check --json')
    expect(exit).toBe(3)
    expect(JSON.parse(stdout)).toEqual({
      valid: false,
      problems: [
        {
          file: '~/keyroller.toml',
          at: 'renewal.spread',
          expected: 'a fraction between 0 and 1/4, like 1/20',
          found: '0',
        },
      ],
    })
  })

  test('schema: JSON, without any configuration', async () => {
    const { keyroller } = await stage()
    const { exit, stdout } = await keyroller('config schema', { bare: true })
    expect(exit).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ title: 'keyroller configuration' })
  })
})

describe('renew', () => {
  test('nothing due: status.json is there all the same, follows what holds a run, and is not written again', async () => {
    const { keyroller, folder, place } = await stage()
    const path = join(folder, 'run/status.json')
    const told = () => {
      const { ready, lastRun } = JSON.parse(readFileSync(path, 'utf8'))
      return { ready, exit: lastRun.exit, inode: statSync(path).ino }
    }
    await keyroller('renew --log human')
    const first = told()
    expect(first).toMatchObject({ exit: 0 })
    await keyroller('renew --log human')
    expect(told()).toEqual(first)
    const anchors = readFileSync(join(folder, 'root.pem'), 'utf8')
    unlinkSync(join(folder, 'root.pem'))
    expect((await keyroller('renew --log human')).exit).toBe(3)
    expect(told()).toMatchObject({ ready: false, exit: 3 })
    place('root.pem', anchors)
    await keyroller('renew --log human')
    expect(told()).toMatchObject({ exit: 0 })
  })

  test('nothing due: one line, and until when', async () => {
    const { keyroller } = await stage()
    expect(await keyroller('renew --log human')).toEqual({
      exit: 0,
      stdout: 'nothing to do, next due 2026-06-06T12:00:00Z\n',
      stderr: '',
    })
  })

  test('Vault down: said once with a hint, the files as they were; then a hold with the same exit code', async () => {
    const { keyroller, folder } = await stage({ web: DUE })
    const before = readFileSync(join(folder, 'web.pem'), 'utf8')
    const first = await keyroller('renew --log human')
    expect(first.exit).toBe(9)
    expect(first.stdout.split('\n')).toEqual([
      'plan  renew certificate/web: due: due since 2026-05-31T12:00:00Z, 9d of its life left',
      'ok    2 paths can be written',
      'FAIL  127.0.0.1:9: connection refused, nothing listens there',
      '      hint: check [vault] address and that the server is up',
      'skip  log in at auth/cert as agent: an earlier step for it failed',
      'skip  issue certificate/web: due since 2026-05-31T12:00:00Z, 9d of its life left: an earlier step for it failed',
      "skip  install certificate/web; replaces 2 files not known to be keyroller's, kept for 7d: an earlier step for it failed",
      'skip  tell exec:/bin/true: nothing new was installed',
      expect.stringMatching(/^exit 9: 6 steps, 1 failed, in \d+\.\d\d s$/),
      '',
    ])
    expect(readFileSync(join(folder, 'web.pem'), 'utf8')).toBe(before)
    const second = await keyroller('renew --log human')
    expect(second.exit).toBe(9)
    expect(second.stdout).toMatch(
      /^hold {2}certificate\/web: backing-off: next try at 2026-06-01T12:01:00Z after 1 failed/,
    )
  })

  test('as JSON on stdout, the log on stderr', async () => {
    const { keyroller } = await stage()
    const { stdout, stderr } = await keyroller('renew --json --log human')
    expect(stderr).toBe('nothing to do, next due 2026-06-06T12:00:00Z\n')
    expect(JSON.parse(stdout)).toEqual({
      schema: 1,
      exit: 0,
      startedAt: '2026-06-01T12:00:00Z',
      took: '0s',
      decisions: [
        {
          material: 'identity/agent',
          action: 'keep',
          reason: 'current',
          message: 'current, due in 10d, at 2026-06-11T12:00:00Z',
        },
        {
          material: 'certificate/web',
          action: 'keep',
          reason: 'current',
          message: 'current, due in 5d, at 2026-06-06T12:00:00Z',
        },
      ],
      steps: [],
    })
  })
})

describe('verify', () => {
  test('every line passes or fails, and one that fails decides the exit code', async () => {
    const { keyroller } = await stage()
    const { exit, stdout } = await keyroller('verify web')
    expect(exit).toBe(12)
    expect(stdout.split('\n')).toEqual([
      'pass  certificate/web: file: ~/web.key is there, as configured',
      'pass  certificate/web: file: ~/web.pem is there, as configured',
      'pass  certificate/web: key: the private key belongs to the certificate',
      'pass  certificate/web: expiry: 15d left',
      'pass  certificate/web: subject: CN = web.example',
      'pass  certificate/web: chain: leads to ~/root.pem',
      'FAIL  server: server: 127.0.0.1:9: connection refused, nothing listens there',
      'FAIL  identity/agent: login: identity/agent: 127.0.0.1:9: connection refused, nothing listens there',
      '6 pass, 2 fail',
      '',
    ])
  })

  test('as JSON', async () => {
    const { keyroller } = await stage()
    const { exit, stdout } = await keyroller('verify --json agent')
    expect(exit).toBe(12)
    expect(JSON.parse(stdout)).toMatchObject({
      pass: false,
      lines: expect.arrayContaining([
        {
          subject: 'identity/agent',
          check: 'chain',
          pass: true,
          message: 'its files keep no intermediates; it was judged when issued',
        },
      ]),
    })
  })
})

test('skew: a server that is not reached is the exit code', async () => {
  const { keyroller } = await stage()
  expect(await keyroller('skew')).toEqual({
    exit: 9,
    stdout: '',
    stderr:
      'keyroller: 127.0.0.1:9: connection refused, nothing listens there\n' +
      'hint: check [vault] address and that the server is up\n',
  })
})

test('recover: nothing was left behind', async () => {
  const { keyroller } = await stage()
  expect(await keyroller('recover')).toEqual({ exit: 0, stdout: 'nothing to recover\n', stderr: '' })
  expect(JSON.parse((await keyroller('recover --json')).stdout)).toEqual({ sets: [], swept: [] })
})
