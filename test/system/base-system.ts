import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { must } from '../rig/command.ts'

/** What keyroller's package needs is here, as it is on a server, so that `dpkg -i` works without a network. */
const PACKAGES = 'systemd,systemd-sysv,dbus,libpam-systemd,iproute2,ca-certificates,libatomic1'

/**
 * A small Debian 12 that nobody has booted, as a folder to lay others over; never written to. Made once, in one to five
 * minutes, and kept in the cache. Raise the number when PACKAGES changes.
 */
export async function baseSystem(): Promise<string> {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'keyroller')
  const dir = join(cache, 'debian-bookworm-1')
  if (existsSync(dir)) return dir
  await mkdir(cache, { recursive: true })
  const unfinished = await mkdtemp(join(cache, 'debian-unfinished-'))
  try {
    await must(['debootstrap', '--variant=minbase', `--include=${PACKAGES}`, 'bookworm', unfinished], {
      timeoutMs: 900_000,
    })
    await rm(join(unfinished, 'var/cache/apt/archives'), { recursive: true })
    // machine-id(5): empty, so that every machine gets its own; and not the one D-Bus made.
    await writeFile(join(unfinished, 'etc/machine-id'), '')
    await rm(join(unfinished, 'var/lib/dbus/machine-id'))
    await rename(unfinished, dir)
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    throw error
  }
  return dir
}
