import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseReload, type WrittenReload } from '../../../src/config/reload-target.ts'
import { type ReloadTarget, SIGNALS } from '../../../src/core/target.ts'

const TIMEOUT = { timeoutMs: 30_000 }

describe('every form', () => {
  test.each<[WrittenReload, ReloadTarget]>([
    [
      'podman:proxyprod',
      { kind: 'podman-name', container: 'proxyprod', signal: 'HUP', text: 'podman:proxyprod', ...TIMEOUT },
    ],
    [
      'podman:label=tls=true',
      {
        kind: 'podman-label',
        key: 'tls',
        value: 'true',
        signal: 'HUP',
        text: 'podman:label=tls=true',
        ...TIMEOUT,
      },
    ],
    [
      'podman:label=tls',
      { kind: 'podman-label', key: 'tls', signal: 'HUP', text: 'podman:label=tls', ...TIMEOUT },
    ],
    [
      'podman:label=tls=',
      { kind: 'podman-label', key: 'tls', value: '', signal: 'HUP', text: 'podman:label=tls=', ...TIMEOUT },
    ],
    [
      'podman:db?signal=USR1',
      { kind: 'podman-name', container: 'db', signal: 'USR1', text: 'podman:db?signal=USR1', ...TIMEOUT },
    ],
    [
      'systemd:nginx.service',
      { kind: 'systemd', unit: 'nginx.service', text: 'systemd:nginx.service', ...TIMEOUT },
    ],
    [
      'exec:/usr/bin/reload me',
      { kind: 'exec', argv: ['/usr/bin/reload me'], text: 'exec:/usr/bin/reload me', ...TIMEOUT },
    ],
    [
      'exec:["/usr/bin/reload","--soft"]',
      {
        kind: 'exec',
        argv: ['/usr/bin/reload', '--soft'],
        text: 'exec:["/usr/bin/reload","--soft"]',
        ...TIMEOUT,
      },
    ],
    [
      { podman: 'db', signal: 'USR1', timeout: '10s' },
      {
        kind: 'podman-name',
        container: 'db',
        signal: 'USR1',
        text: 'podman:db?signal=USR1',
        timeoutMs: 10_000,
      },
    ],
    [
      { podman_label: 'app=db', signal: 'HUP' },
      {
        kind: 'podman-label',
        key: 'app',
        value: 'db',
        signal: 'HUP',
        text: 'podman:label=app=db',
        ...TIMEOUT,
      },
    ],
    [
      { systemd: 'a@b.service' },
      { kind: 'systemd', unit: 'a@b.service', text: 'systemd:a@b.service', ...TIMEOUT },
    ],
    [
      'podman:label=tls=true?restart',
      {
        kind: 'podman-label',
        key: 'tls',
        value: 'true',
        signal: 'HUP',
        restart: 'always',
        text: 'podman:label=tls=true?restart',
        ...TIMEOUT,
      },
    ],
    [
      { podman: 'db', restart: true },
      {
        kind: 'podman-name',
        container: 'db',
        signal: 'HUP',
        restart: 'always',
        text: 'podman:db?restart',
        ...TIMEOUT,
      },
    ],
    [
      { systemd: 'web.service', restart: true },
      {
        kind: 'systemd',
        unit: 'web.service',
        restart: 'always',
        text: 'systemd:web.service?restart',
        ...TIMEOUT,
      },
    ],
    [
      { systemd: 'web.service', restart: 'if-needed' },
      {
        kind: 'systemd',
        unit: 'web.service',
        restart: 'if-needed',
        text: 'systemd:web.service',
        ...TIMEOUT,
      },
    ],
    [
      { exec: ['/bin/true', 'a b', ''], timeout: '1m' },
      {
        kind: 'exec',
        argv: ['/bin/true', 'a b', ''],
        text: 'exec:["/bin/true","a b",""]',
        timeoutMs: 60_000,
      },
    ],
  ])('%j', (written, target) => expect(parseReload(written)).toEqual(target))
})

describe('what is none', () => {
  test.each([
    ['nginx', 'podman:NAME, podman:label=KEY[=VALUE], systemd:UNIT or exec:/PROGRAM'],
    ['docker:web', 'podman:NAME, podman:label=KEY[=VALUE], systemd:UNIT or exec:/PROGRAM'],
    ['podman', 'podman:NAME, podman:label=KEY[=VALUE], systemd:UNIT or exec:/PROGRAM'],
    ['podman:', 'podman: and a container name'],
    ['podman:--all', 'podman: and a container name'],
    ['podman:a/b', 'podman: and a container name'],
    ['podman:label=', 'podman:label= and KEY or KEY=VALUE'],
    ['podman:label=a=b?c', '?restart, or ?signal= and one of HUP, USR1, USR2, TERM, INT, QUIT, WINCH'],
    ['podman:db?signal=KILL', '?restart, or ?signal= and one of HUP, USR1, USR2, TERM, INT, QUIT, WINCH'],
    ['podman:db?signal=', '?restart, or ?signal= and one of HUP, USR1, USR2, TERM, INT, QUIT, WINCH'],
    ['systemd:a.service?signal=HUP', 'nothing or ?restart after the unit'],
    ['systemd:nginx', 'systemd: and a unit name with its suffix'],
    ['systemd:../nginx.service', 'systemd: and a unit name with its suffix'],
    ['exec:reload', 'exec: and an absolute path'],
    ['exec:[]', 'exec: and an absolute path'],
    ['exec:["reload"]', 'exec: and an absolute path'],
    ['exec:["/bin/true", 1]', 'exec: and an absolute path'],
    ['exec:["/bin/true"', 'exec: and an absolute path'],
  ])('%s', (text, expected) => expect(parseReload(text)).toEqual({ expected }))
})

test('a restart sends no signal', () => {
  expect(parseReload({ podman: 'db', signal: 'USR1', restart: true })).toEqual({
    expected: 'signal, or restart = true, not both',
  })
})

test('two signals to one container are two targets', () => {
  const texts = SIGNALS.map((signal) => parseReload({ podman: 'db', signal }))
  expect(new Set(texts.map((target) => 'text' in target && target.text)).size).toBe(SIGNALS.length)
})

const signal = fc.constantFrom(...SIGNALS)
const restart = fc.option(fc.constant(true as const), { nil: undefined })
const written: fc.Arbitrary<WrittenReload> = fc.oneof(
  fc.record({ podman: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,20}$/), restart }),
  fc.record({ podman: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,20}$/), signal }),
  fc.record({ podman_label: fc.stringMatching(/^[a-z][a-z0-9._/-]{0,9}(=[ -~]{0,20})?$/), signal }),
  fc.record({ systemd: fc.stringMatching(/^[a-z@._-]{1,20}\.service$/), restart }),
  fc.record({
    exec: fc
      .tuple(fc.stringMatching(/^(\/[a-z0-9 ]{1,8}){1,3}$/), fc.string())
      .map(([a, b]) => [a, b] as [string, string]),
  }),
)

/** The state and a debt know a target by its text only. */
test('property: the text of a target parses to the same target, but for its timeout', () => {
  fc.assert(
    fc.property(written, (one) => {
      const target = parseReload(one)
      fc.pre(!('expected' in target))
      if ('expected' in target) return
      expect(parseReload(target.text)).toEqual(target)
    }),
  )
})
