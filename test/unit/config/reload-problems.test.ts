/** What is no reload target, and what is said to be expected instead. */
import { describe, expect, test } from 'vitest'
import { parseReload } from '../../../src/config/reload-target.ts'
import { RELOAD_TEXTS } from '../../../src/config/reload-text.ts'

const ACCOUNT_UNIT = 'systemd-user: and USER/UNIT, an account and a unit name with its suffix'

describe('what is none', () => {
  test.each([
    ['nginx', RELOAD_TEXTS],
    ['docker:', 'docker: and a container name'],
    ['docker:label=', 'docker:label= and KEY or KEY=VALUE'],
    ['podman', RELOAD_TEXTS],
    ['podman:', 'podman: and a container name'],
    ['podman:--all', 'podman: and a container name'],
    ['podman:a/b', 'podman: and a container name'],
    ['podman:label=', 'podman:label= and KEY or KEY=VALUE'],
    ['podman:label=a=b?c', 'after ? only signal, restart, exec, user, socket'],
    ['podman:db?signal=KILL', '?signal= and one of HUP, USR1, USR2, TERM, INT, QUIT, WINCH'],
    ['podman:db?signal=', 'after ? only signal, restart, exec, user, socket'],
    ['systemd:a.service?signal=HUP', 'after ? only restart, user'],
    ['podman:db?restart=yes', '?restart without a value'],
    ['podman:db?restart&signal=USR1', 'one of signal, exec and restart = true'],
    ['podman:db?exec=[]', '?exec= and a list like ["program", "argument"]'],
    ['podman:db?exec=reload', '?exec= and a list like ["program", "argument"]'],
    ['podman:db?exec=["a"]&signal=USR1', 'one of signal, exec and restart = true'],
    ['podman:db?user=-x', 'user= and an account'],
    ['podman:db?socket=podman.sock', 'socket= and the absolute path of a socket'],
    ['signal:web.pid', 'signal: and the absolute path of a pid file'],
    ['signal:/run/web.pid?restart', 'after ? only signal'],
    ['socket:/run/web.sock', 'send= and expect= with one line of printable characters'],
    ['socket:web.sock?send=a', 'socket: and the absolute path of a socket'],
    [`socket:/${'x'.repeat(107)}?send=a`, 'socket: and the absolute path of a socket'],
    ['http://user:password@127.0.0.1/', 'a URL without user and fragment'],
    ['http:///reload', 'a URL without user and fragment'],
    ['http://127.0.0.1/#', 'after # only method=POST|GET|PUT, status=NNN, socket=PATH'],
    ['http://127.0.0.1/#method=DELETE', 'after # only method=POST|GET|PUT, status=NNN, socket=PATH'],
    ['http://127.0.0.1/#status=99', 'after # only method=POST|GET|PUT, status=NNN, socket=PATH'],
    ['ftp://127.0.0.1/', RELOAD_TEXTS],
    ['systemd:nginx', 'systemd: and a unit name with its suffix'],
    ['systemd:../nginx.service', 'systemd: and a unit name with its suffix'],
    ['systemd-user:web.service', ACCOUNT_UNIT],
    ['systemd-user:/web.service', ACCOUNT_UNIT],
    ['systemd-user:app/', ACCOUNT_UNIT],
    ['systemd-user:app/web', ACCOUNT_UNIT],
    ['systemd-user:-x/web.service', ACCOUNT_UNIT],
    ['systemd-user:app/../web.service', ACCOUNT_UNIT],
    ['systemd-user:app/web.service?user=app', 'after ? only restart'],
    ['systemd-user:app/web.service?restart=yes', '?restart without a value'],
    ['exec:reload', 'exec: and an absolute path'],
    ['exec:[]', 'exec: and an absolute path'],
    ['exec:["reload"]', 'exec: and an absolute path'],
    ['exec:["/bin/true", 1]', 'exec: and an absolute path'],
    ['exec:["/bin/true"', 'exec: and an absolute path'],
  ])('%s', (text, expected) => expect(parseReload(text)).toEqual({ expected }))
})

test('who settles longer than it may take is never told', () => {
  expect(parseReload({ systemd: 'a.service', settle: '10s', timeout: '10s' })).toEqual({
    expected: 'a timeout longer than settle',
  })
})

test('a restart sends no signal', () => {
  expect(parseReload({ podman: 'db', signal: 'USR1', restart: true })).toEqual({
    expected: 'one of signal, exec and restart = true',
  })
})
