/** A certificate whose key must never reach a disk, on one and in memory, as the command line tells it. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { must } from '../../rig/command.ts'
import { type Stage, stage } from '../../unit/cli/stage.ts'
import { type Mounted, mountExt4, mountTmpfs } from '../files/mounts.ts'

let disk: Mounted
afterEach(() => disk.remove())

test('on a disk: plan and status say what was expected and found, and a run touches nothing', async () => {
  disk = await mountExt4()
  const host = await ephemeralOn(disk)
  const why = `${disk.path}: expected tmpfs or ramfs, being ephemeral, found ext4`
  expect((await host.keyroller('plan web')).stdout).toBe(
    `HOLD   certificate/web: on-disk: ${why}\n\nnothing to do\n`,
  )
  expect((await host.keyroller('status')).stdout).toContain(`${disk.path}/web.key: ${why}`)
  expect((await host.keyroller('renew --now web')).exit).toBe(4)
  expect(readdirSync(disk.path).sort()).toEqual(['web.ca', 'web.key', 'web.pem'])
})

test('in memory: it is a certificate like any other, mended like any other', async () => {
  disk = await mountTmpfs('size=1M,mode=0755')
  const host = await ephemeralOn(disk)
  expect((await host.keyroller('plan web')).stdout).toMatch(/^keep {3}certificate\/web: current/)
  await rm(join(disk.path, 'web.ca'))
  expect((await host.keyroller('renew web')).exit).toBe(0)
  expect(readFileSync(join(disk.path, 'web.ca'), 'utf8')).toBe(
    readFileSync(join(host.folder, 'root.pem'), 'utf8'),
  )
})

test('nothing due: what is not ephemeral is not asked where it lies', async () => {
  disk = await mountTmpfs('size=1M,mode=0755')
  const host = await ephemeralOn(disk)
  expect(await asked(host)).toBe(3)
  host.configure((text) => text.replace('ephemeral = true', 'ephemeral = false'))
  expect(await asked(host)).toBe(0)
})

/** The stage's web certificate with its files in another place, which is to be in memory. */
async function ephemeralOn({ path }: Mounted): Promise<Stage> {
  const host = await stage()
  await must(['rm', '-rf', join(path, 'lost+found')])
  for (const name of ['web.key', 'web.pem']) {
    const mode = name === 'web.key' ? 0o600 : 0o644
    writeFileSync(join(path, name), readFileSync(join(host.folder, name)), { mode })
  }
  writeFileSync(join(path, 'web.ca'), readFileSync(join(host.folder, 'root.pem')))
  host.configure((text) =>
    text
      .replace(
        /^files = .*web\.key.*$/m,
        `files = { key = "${path}/web.key", fullchain = "${path}/web.pem", ca = "${path}/web.ca" }`,
      )
      .replace('role = "web"', 'role = "web"\nephemeral = true'),
  )
  return host
}

/** How often a look asks the kernel for a file system. */
async function asked({ folder }: Stage): Promise<number> {
  const work = await mkdtemp(join(tmpdir(), 'keyroller-strace-'))
  try {
    const trace = join(work, 'trace')
    const main = join(import.meta.dirname, '../../../src/main.ts')
    const look = [process.execPath, main, 'plan', '--config', join(folder, 'keyroller.toml')]
    await must(['strace', '-f', '-e', 'trace=statfs', '-o', trace, ...look])
    return readFileSync(trace, 'utf8').match(/statfs\("\/proc\/self\/fd\//g)?.length ?? 0
  } finally {
    await rm(work, { recursive: true })
  }
}
