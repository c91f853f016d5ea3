import { chmod, copyFile, mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { must } from './command.ts'

const NGINX = '/usr/sbin/nginx'
const BUSYBOX = '/bin/busybox'

/**
 * Makes the root of a container image from Debian's own nginx and busybox-static: no registry is asked. Needs the packages
 * nginx-light and busybox-static.
 */
export async function makeImageRoot(root: string): Promise<void> {
  const files = [NGINX, BUSYBOX, ...(await librariesOf(NGINX))]
  for (const file of files) {
    await mkdir(dirname(join(root, file)), { recursive: true })
    await copyFile(file, join(root, file))
    await chmod(join(root, file), 0o755)
  }
  await symlink('busybox', join(root, 'bin/sh'))
  await symlink('busybox', join(root, 'bin/sleep'))
  await mkdir(join(root, 'etc'))
  await writeFile(join(root, 'etc/passwd'), 'root:x:0:0:root:/:/bin/sh\n')
  await writeFile(join(root, 'etc/group'), 'root:x:0:\n')
  for (const folder of ['run', 'tmp', 'var/lib/nginx', 'var/log/nginx']) {
    await mkdir(join(root, folder), { recursive: true })
  }
}

/** Every library and the loader, by the paths `ldd` found. */
async function librariesOf(binary: string): Promise<string[]> {
  const listed = await must(['ldd', binary])
  return [...listed.matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm)].flatMap((match) => match[1] ?? [])
}
