// The .rpm on a root of its own: there is no Fedora here to boot, but rpm itself installs, checks and removes it.
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { must } from '../rig/command.ts'
import { baseSystem } from './base-system.ts'
import { type BuiltPackages, builtPackages } from './built-packages.ts'

let built: BuiltPackages
let dir: string
beforeAll(async () => {
  built = await builtPackages()
  dir = await mkdtemp(join(tmpdir(), 'keyroller-rpm-'))
  for (const part of ['upper', 'work', 'root']) await mkdir(join(dir, part))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

it('holds what the .deb holds, but for what each kind has of its own', async () => {
  const inDeb = files(await must(['dpkg-deb', '--contents', built.deb])).map((path) => path.slice(1))
  const inRpm = files(await must(['rpm', '--query', '--package', '--list', '--verbose', built.rpm]))
  expect(inRpm.filter((path) => !inDeb.includes(path))).toEqual(['/usr/share/licenses/keyroller/LICENSE'])
  expect(inDeb.filter((path) => !inRpm.includes(path))).toEqual([
    '/usr/share/doc/keyroller/changelog.gz',
    '/usr/share/doc/keyroller/copyright',
    '/usr/share/lintian/overrides/keyroller',
  ])
})

it('is installed, is as it was packed, runs, and is removed', async () => {
  const layers = `lowerdir=${await baseSystem()},upperdir=${join(dir, 'upper')},workdir=${join(dir, 'work')}`
  const said = await must([
    'unshare',
    '--mount',
    'sh',
    '-c',
    LIFE,
    'sh',
    layers,
    join(dir, 'root'),
    built.rpm,
  ])
  expect(said).toContain('systemctl enable --now keyroller.timer')
  expect(said).toContain('tested with Vault')
  expect(said.split('removed, left:\n')[1]).toBe('')
})

/** The overlay goes with the mount namespace. The base is a Debian: what the package needs is there, but unknown to rpm. */
const LIFE = `set -e
mount -t overlay overlay -o "$1" "$2"
rpm --root "$2" --initdb
rpm --root "$2" --install --nodeps "$3"
rpm --root "$2" --verify --nodeps keyroller
chroot "$2" keyroller version
rpm --root "$2" --erase keyroller
echo removed, left:
find "$2" -xdev -name '*keyroller*'`

/** Paths of a listing like that of `ls -l`, without folders. */
function files(listing: string): string[] {
  const lines = listing.split('\n').filter((line) => line.startsWith('-'))
  return lines.map((line) => line.split(/\s+/).at(-1) ?? '')
}
