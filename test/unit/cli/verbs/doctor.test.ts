import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { DAY_MS, NOW_MS } from '../../x509/authority.ts'
import { stage } from '../stage.ts'

/** What the machine that runs the tests decides: whether it has podman, and whether systemd booted it. */
const ITS_OWN = /^.... {2}(podman|mounts|systemd|unit-\w+|timer-\w+|last-run|run-timeout|sandbox): /

/** The authorities of the stage live for 20 days more. */
const ENDING = [
  'warn  authority-end: ~/root.pem: expected an authority that lives for 60d more, found the end at 2026-06-21T12:00:00Z',
  '      fix: add the next authority to ~/root.pem before the server changes to it',
  'warn  issuer-end: certificate/web: expected an issuer that lives for two certificates more, 60d, found the end at 2026-06-21T12:00:00Z',
  '      fix: renew the issuing authority on the server (PKI/issuers), then keyroller renew --now',
]

describe('doctor', () => {
  test('a line a check', async () => {
    const { keyroller } = await stage()
    const { exit, stdout } = await keyroller('doctor --offline')
    expect([exit, ownLines(stdout)]).toEqual([
      exitFor(stdout),
      [
        'ok    config: a valid configuration that names only what this host has',
        'ok    config-guarded: nobody else can replace a file that decides something',
        'ok    key-modes: no key or secret that everybody may read',
        'ok    key-directories: no directory of keys or secrets that everybody may write in',
        'ok    disk-space: space for the next files',
        'ok    inodes: inodes for the next files',
        'ok    interrupted: no switch of files that was cut off',
        'ok    installed: every file as configured',
        'ok    overdue: nothing expired, and nothing long due',
        ...ENDING,
        'ok    backing-off: nothing that waits after failed tries',
        'ok    owed: no consumer left untold',
        'ok    unserved: served was what is installed, whenever a client looked',
        'ok    unverified: who serves was verified, whenever a client looked',
      ],
    ])
  })

  test('what is wrong comes with what to do, and decides the exit code', async () => {
    const { keyroller, folder } = await stage({ agent: { notAfterMs: NOW_MS + DAY_MS } })
    chmodSync(join(folder, 'web.key'), 0o644)
    const { exit, stdout } = await keyroller('doctor --offline')
    expect(exit).toBe(12)
    expect(ownLines(stdout).filter((line) => !line.startsWith('ok'))).toEqual([
      'FAIL  key-modes: ~/web.key: expected a mode that keeps everybody else out, found 0644',
      '      fix: keyroller renew sets the mode; then keyroller renew --now, as the key may be known',
      'warn  installed: certificate/web: expected its files as configured, found ~/web.key: expected mode 0600, found 0644',
      '      fix: keyroller renew',
      'warn  overdue: identity/agent: expected renewed when it falls due, found due for 2d16h, 1d left',
      '      fix: keyroller plan identity/agent says what holds it; keyroller renew --now identity/agent',
      ...ENDING,
    ])
  })

  test('warnings alone are no failure', async () => {
    const { keyroller } = await stage({ agent: { notAfterMs: NOW_MS + DAY_MS } })
    const { exit, stdout } = await keyroller('doctor --offline --json')
    const { schema, findings } = JSON.parse(stdout)
    expect([exit, schema]).toEqual([exitFor((await keyroller('doctor --offline')).stdout), 1])
    expect(findings.find(({ id }: { id: string }) => id === 'overdue')).toEqual({
      id: 'overdue',
      severity: 'warn',
      subject: 'identity/agent',
      expected: 'renewed when it falls due',
      found: 'due for 2d16h, 1d left',
      fix: 'keyroller plan identity/agent says what holds it; keyroller renew --now identity/agent',
    })
  })

  test.each([
    [
      'has a problem',
      'spread = "0"',
      'spread = "2"',
      /^FAIL {2}config: ~\/keyroller.toml: renewal.spread: expected /,
    ],
    ['names what is not there', 'web.key"', 'gone/web.key"', /^FAIL {2}config: ~\/gone: /],
  ])('a configuration that %s is a line like any other', async (_, from, to, line) => {
    const { keyroller, configure } = await stage()
    configure((text) => text.replace(from, to))
    const { exit, stdout } = await keyroller('doctor --offline')
    expect(exit).toBe(12)
    expect(stdout).toMatch(line)
  })

  test('so is one that is not there', async () => {
    const { keyroller } = await stage()
    const { exit, stdout } = await keyroller('doctor --config /nonexistent.toml', { bare: true })
    expect(exit).toBe(12)
    expect(stdout).toMatch(
      /^FAIL {2}config: configuration: expected .* ENOENT at \/nonexistent.toml\n {6}fix: /,
    )
  })

  test('a server that does not answer is a line too', async () => {
    const { keyroller } = await stage()
    const { exit, stdout } = await keyroller('doctor')
    expect(exit).toBe(12)
    expect(stdout).toContain(
      'FAIL  vault: vault: expected a server that answers, is trusted and unsealed, found 127.0.0.1:9: connection refused, nothing listens there\n',
    )
    expect((await keyroller('doctor --offline')).stdout).not.toContain('  vault: ')
  })

  test('the list to sign: what verify proves is in it, and warnings are open', async () => {
    const { keyroller } = await stage()
    const { exit, stdout } = await keyroller('doctor --sign-off')
    const lines = stdout.trimEnd().split('\n')
    expect(exit).toBe(12)
    expect(lines[0]).toBe('sign-off of host host-1, keyroller 0.1.0, 2026-06-01T12:00:00Z')
    expect(lines).toContain('[x] installed: every file as configured')
    expect(lines).toContain('[x] certificate/web: subject: CN = web.example')
    expect(lines).toContain(
      '[ ] certificate/web: served: expected a client to look, found no probe configured',
    )
    expect(lines).toContainEqual(expect.stringMatching(/^\[ \] authority-end/))
    expect(lines.at(-1)).toBe(
      `not operator-ready: ${lines.filter((line) => line.startsWith('[ ]')).length} open`,
    )
    const { ready, items } = JSON.parse((await keyroller('doctor --sign-off --json')).stdout)
    expect([ready, items.length]).toEqual([false, lines.filter((line) => line.startsWith('[')).length])
  })

  test('what is proved cannot be proved offline', async () => {
    const { keyroller } = await stage()
    expect(await keyroller('doctor --sign-off --offline')).toMatchObject({ exit: 2 })
  })

  test('colour on a terminal only', async () => {
    const { keyroller } = await stage()
    expect((await keyroller('doctor --offline')).stdout).not.toContain('\x1b[')
    const { stdout } = await keyroller('doctor --offline', { isTTY: true })
    expect(stdout).toContain('\x1b[32mok  \x1b[0m  config: ')
  })
})

/** 0, unless the machine that runs the tests has something wrong of its own. */
function exitFor(stdout: string): number {
  const failures = stdout.split('\n').filter((line) => line.startsWith('FAIL'))
  return failures.some((line) => ITS_OWN.test(line)) ? 12 : 0
}

/** Without those of the machine, the fixes below them, and the sum. */
function ownLines(stdout: string): string[] {
  let isOwn = true
  return stdout.split('\n').filter((line) => {
    if (!line.startsWith('      ')) isOwn = /^(ok|warn|FAIL)/.test(line) && !ITS_OWN.test(line)
    return isOwn
  })
}
