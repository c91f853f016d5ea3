/**
 * Relabelling, in a mount namespace where SELinux looks as if it were on and a program that writes down how it was called
 * stands where restorecon(8) is: this kernel has no SELinux to turn on.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { enterJournal } from '../../../../src/files/switching/journal.ts'
import { type Finished, must, run } from '../../../rig/command.ts'
import { type Stage, stage } from '../../../unit/cli/stage.ts'
import { interruptSwitch } from '../../../unit/files/interrupted-switch.ts'
import { NOW_MS } from '../../../unit/x509/authority.ts'

test('what was mended is relabelled, before its consumer is told', async () => {
  const host = await hostWithoutCa()
  expect((await keyroller(host, 'renew')).exit).toBe(0)
  expect(calls(host)).toEqual([`restorecon -i ${host.folder}/web.ca`, 'consumer'])
})

test('a restorecon that fails is a note, and the consumer is told', async () => {
  const host = await hostWithoutCa()
  const { exit, stdout } = await keyroller(host, 'renew', { fails: true })
  expect(exit).toBe(0)
  expect(stdout).toContain(
    'files keep the SELinux type they inherited: /usr/sbin/restorecon: expected exit code 0, found exit code 7; it said: no policy',
  )
  expect(calls(host).at(-1)).toBe('consumer')
})

test('nothing is relabelled where SELinux is off', async () => {
  const host = await hostWithoutCa()
  expect((await keyroller(host, 'renew', { isOff: true })).exit).toBe(0)
  expect(calls(host)).toEqual(['consumer'])
})

test('in a directory that somebody owns nothing is: he could lead restorecon elsewhere', async () => {
  const host = await hostWithoutCa()
  await must(['chown', '4242', host.folder])
  expect((await keyroller(host, 'renew')).exit).toBe(0)
  expect(calls(host)).toEqual(['consumer'])
})

test('a switch that recovery finishes is relabelled too', async () => {
  const host = await stage()
  const home = join(host.folder, 'app')
  mkdirSync(home)
  const { sets } = interruptSwitch(home, { renamed: ['key.pem'] })
  await enterJournal(join(host.folder, 'state'), sets, [])
  expect((await keyroller(host, 'recover')).exit).toBe(0)
  expect(calls(host)).toEqual([`restorecon -i ${home}/key.pem ${home}/cert.pem`])
})

/** The stage's host without one of its files, and with a consumer that writes down that it was told. */
async function hostWithoutCa(): Promise<Stage> {
  const host = await stage()
  const { folder } = host
  host.place('consumer', `#!/bin/sh\necho consumer >>${folder}/calls\n`, 0o755)
  host.configure((text) =>
    text
      .replace(`fullchain = "${folder}/web.pem"`, `fullchain = "${folder}/web.pem", ca = "${folder}/web.ca"`)
      .replace('exec:/bin/true', `exec:${folder}/consumer`),
  )
  rmSync(join(folder, 'web.ca'), { force: true })
  return host
}

async function keyroller(
  { folder, place }: Stage,
  verb: string,
  { fails = false, isOff = false } = {},
): Promise<Finished> {
  mkdirSync(join(folder, 'sbin'))
  const end = fails ? 'echo "no policy" >&2; exit 7' : 'exit 0'
  place('sbin/restorecon', `#!/bin/sh\necho restorecon "$@" >>${folder}/calls\n${end}\n`, 0o755)
  const selinux = 'mount -t tmpfs tmpfs /sys/fs && mkdir /sys/fs/selinux && echo 1 >/sys/fs/selinux/enforce'
  const sbin = `mount -t overlay -o lowerdir=${folder}/sbin:/usr/sbin overlay /usr/sbin`
  const main = join(import.meta.dirname, '../../../../src/main.ts')
  // On the clock of the stage's certificates.
  const clock = new Date(NOW_MS).toISOString().slice(0, 19).replace('T', ' ')
  const verbLine = `TZ=UTC exec faketime -f '@${clock}' ${process.execPath} ${main} ${verb} --config ${folder}/keyroller.toml`
  const steps = [...(isOff ? [] : [selinux]), sbin, verbLine]
  return run(['unshare', '--mount', '/bin/sh', '-c', steps.join(' && ')])
}

function calls({ folder }: Stage): string[] {
  const file = join(folder, 'calls')
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
}
