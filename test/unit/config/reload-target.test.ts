import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseReload } from '../../../src/config/reload-target.ts'
import type { WrittenReload } from '../../../src/config/written-reload.ts'
import { HTTP_METHODS, type ReloadTarget, SIGNALS } from '../../../src/core/consumers/target.ts'

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
      { systemd: 'web.service', user: 'app' },
      {
        kind: 'systemd',
        unit: 'web.service',
        user: 'app',
        text: 'systemd:web.service?user=app',
        ...TIMEOUT,
      },
    ],
    [
      'systemd-user:1000/web@a.service?restart',
      {
        kind: 'systemd',
        unit: 'web@a.service',
        user: '1000',
        restart: 'always',
        text: 'systemd:web@a.service?user=1000&restart',
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
      { podman_label: 'tls', delay: '5s', settle: '3s', retries: 2, order: -1 },
      {
        kind: 'podman-label',
        key: 'tls',
        signal: 'HUP',
        text: 'podman:label=tls',
        ...TIMEOUT,
        ...{ delayMs: 5000, settleMs: 3000, retries: 2, order: -1 },
      },
    ],
    [
      { podman: 'web', user: 'app', exec: ['nginx', '-s', 'reload'] },
      {
        kind: 'podman-name',
        container: 'web',
        signal: 'HUP',
        argv: ['nginx', '-s', 'reload'],
        user: 'app',
        text: 'podman:web?user=app&exec=["nginx","-s","reload"]',
        ...TIMEOUT,
      },
    ],
    [
      'docker:label=tls?user=1000&socket=/srv/docker.sock&signal=USR1',
      {
        kind: 'docker-label',
        key: 'tls',
        signal: 'USR1',
        user: '1000',
        socketPath: '/srv/docker.sock',
        text: 'docker:label=tls?user=1000&socket=/srv/docker.sock&signal=USR1',
        ...TIMEOUT,
      },
    ],
    [
      'docker:db?signal=USR1',
      { kind: 'docker-name', container: 'db', signal: 'USR1', text: 'docker:db?signal=USR1', ...TIMEOUT },
    ],
    [
      { docker_label: 'tls=true', restart: true },
      {
        kind: 'docker-label',
        key: 'tls',
        value: 'true',
        signal: 'HUP',
        restart: 'always',
        text: 'docker:label=tls=true?restart',
        ...TIMEOUT,
      },
    ],
    [
      { pid_file: '/run/web.pid', signal: 'USR2' },
      {
        kind: 'signal',
        pidFile: '/run/web.pid',
        signal: 'USR2',
        text: 'signal:/run/web.pid?signal=USR2',
        ...TIMEOUT,
      },
    ],
    [
      { socket: '/run/haproxy.sock', send: 'reload', expect: 'a=1&b' },
      {
        kind: 'socket',
        path: '/run/haproxy.sock',
        send: 'reload',
        expect: 'a=1&b',
        text: 'socket:/run/haproxy.sock?send=reload&expect=a=1%26b',
        ...TIMEOUT,
      },
    ],
    [
      { url: 'https://[::1]:8443/reload?a=b', status: 204, ca_file: '/etc/ca.pem' },
      {
        kind: 'http',
        url: 'https://[::1]:8443/reload?a=b',
        method: 'POST',
        status: 204,
        caFile: '/etc/ca.pem',
        text: 'https://[::1]:8443/reload?a=b#status=204',
        ...TIMEOUT,
      },
    ],
    [
      { exec: ['/bin/true'], user: 'app' },
      {
        kind: 'exec',
        argv: ['/bin/true'],
        user: 'app',
        text: 'exec:["/bin/true"]?user=app',
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

test('two signals to one container are two targets', () => {
  const texts = SIGNALS.map((signal) => parseReload({ podman: 'db', signal }))
  expect(new Set(texts.map((target) => 'text' in target && target.text)).size).toBe(SIGNALS.length)
})

const signal = fc.constantFrom(...SIGNALS)
const path = fc.stringMatching(/^(\/[a-z0-9 &%=]{1,8}){1,3}$/)
const line = fc.stringMatching(/^[ -~]{1,20}$/)
const restart = fc.option(fc.constant(true as const), { nil: undefined })
const written: fc.Arbitrary<WrittenReload> = fc.oneof(
  fc.record({ podman: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,20}$/), restart }),
  fc.record({ podman: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,20}$/), signal }),
  fc.record({ podman_label: fc.stringMatching(/^[a-z][a-z0-9._/-]{0,9}(=[ -~]{0,20})?$/), signal }),
  fc.record({
    docker: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,20}$/),
    exec: fc.tuple(line, line),
    user: fc.option(fc.stringMatching(/^[a-z][a-z0-9_.-]{0,8}$/), { nil: undefined }),
    socket: fc.option(path, { nil: undefined }),
  }),
  fc.record({ systemd: fc.stringMatching(/^[a-z@._-]{1,20}\.service$/), restart }),
  fc.record({
    exec: fc
      .tuple(fc.stringMatching(/^(\/[a-z0-9 ]{1,8}){1,3}$/), fc.string())
      .map(([a, b]) => [a, b] as [string, string]),
    user: fc.option(fc.stringMatching(/^[a-z][a-z0-9_.-]{0,8}$/), { nil: undefined }),
  }),
  fc.record({ pid_file: path, signal }),
  fc.record({ socket: path, send: line, expect: fc.option(line, { nil: undefined }) }),
  fc.record({
    url: fc.webUrl({ withQueryParameters: true }),
    method: fc.constantFrom(...HTTP_METHODS),
    status: fc.option(fc.integer({ min: 200, max: 599 }), { nil: undefined }),
    socket: fc.option(path, { nil: undefined }),
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
