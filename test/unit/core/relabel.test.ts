import { expect, test } from 'vitest'
import { relabelCommands } from '../../../src/core/relabel.ts'

const RESTORECON = '/usr/sbin/restorecon'
const ON = { isOn: true, restorecon: RESTORECON }

test('paths are told to restorecon as arguments', () => {
  expect(relabelCommands(['/srv/a b/key.pem', '/srv/cert.pem'], ON)).toEqual([
    [RESTORECON, '-i', '/srv/a b/key.pem', '/srv/cert.pem'],
  ])
})

test.each([
  ['SELinux is off', ['/srv/key.pem'], { isOn: false, restorecon: RESTORECON }],
  ['restorecon is not installed', ['/srv/key.pem'], { isOn: true }],
  ['nothing was switched', [], ON],
])('no command where %s', (_, paths, labelling) => {
  expect(relabelCommands(paths, labelling)).toEqual([])
})

test('a thousand sets are split over commands, each path once and in order', () => {
  const paths = Array.from({ length: 2000 }, (_, index) => `/srv/${'x'.repeat(200)}/${index}`)
  const commands = relabelCommands(paths, ON)
  expect(commands.flatMap(([, , ...rest]) => rest)).toEqual(paths)
  // execve(2): 128 KiB hold on every kernel, environment and all.
  for (const command of commands) expect(command.join('\0').length).toBeLessThan(128 * 1024)
})
