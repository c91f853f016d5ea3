/** Containers of an account: told through its own socket or by its own command, and through nothing that it put in their place. */
import { chmod, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { parseReload } from '../../../../src/config/reload-target.ts'
import type { WrittenReload } from '../../../../src/config/written-reload.ts'
import { tellTarget } from '../../../../src/reload/tell.ts'
import { lookAtMounts } from '../../../../src/run/consumers/mounts.ts'
import { describeHost } from '../../../../src/run/host.ts'
import { RIG_IMAGE } from '../../../rig/container-run.ts'
import { type RootlessPodman, startRootlessPodman } from '../../../rig/rootless-podman.ts'
import { waitFor } from '../../../rig/wait-for.ts'
import { certificate, fileSpec } from '../../../unit/core/builders.ts'
import { onHup } from '../podman-host.ts'
import { tellRun } from '../tell-run.ts'

const UID = 47_311
let rootless: RootlessPodman
beforeAll(async () => {
  rootless = await startRootlessPodman(UID)
  const place = ['--detach', '--network', 'none', '--label', 'PODMAN_SYSTEMD_UNIT=web.service']
  await rootless.podman('run', ...place, '--name', 'web', RIG_IMAGE, '/bin/sh', '-c', onHup('echo hup'))
  await waitFor('web is ready', async () => (await logs()).includes('ready'))
})
afterAll(() => rootless?.stop())

const logs = () => rootless.podman('logs', 'web')
const hups = async () => (await logs()).split('hup').length - 1

function tell(written: WrittenReload) {
  return tellTarget(parsed(written), tellRun())
}

function parsed(written: WrittenReload) {
  const target = parseReload(written)
  if ('expected' in target) throw new Error(target.expected)
  return target
}

test.each<[string, () => WrittenReload]>([
  ['user', () => ({ podman: 'web', user: rootless.user })],
  ['user by number', () => ({ podman: 'web', user: `${UID}` })],
  ['socket', () => ({ podman: 'web', socket: rootless.socketPath })],
  ['Docker’s API on the same socket', () => ({ docker: 'web', socket: rootless.socketPath })],
])('by %s a container of the account gets the signal', async (_, written) => {
  const before = await hups()
  expect(await tell(written())).toMatchObject([{ name: 'web', outcome: 'told' }])
  expect(await hups()).toBe(before + 1)
})

test('a program in the container, and what it said when it fails', async () => {
  const inIt = (script: string) =>
    tell({ podman: 'web', user: rootless.user, exec: ['/bin/sh', '-c', script] })
  expect(await inIt('true')).toMatchObject([
    { outcome: 'told', message: '/bin/sh ran in it, exit code 0, still running 1s later' },
  ])
  expect(await inIt('echo first; echo no such key >&2; exit 3')).toMatchObject([
    { outcome: 'failed', message: 'expected exit code 0, found exit code 3; it said: no such key' },
  ])
})

test('a file that one of its containers mounts by itself is found, also where the host has no podman', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'keyroller-mounted-'))
  onTestFinished(async () => {
    await rootless.podman('rm', '--force', '--time', '0', 'mounting')
    await rm(directory, { recursive: true })
  })
  const path = join(directory, 'key.pem')
  await chmod(directory, 0o755)
  await writeFile(path, 'a key', { mode: 0o644 })
  const volume = `${path}:/key.pem:ro`
  const place = ['--detach', '--network', 'none', '--volume', volume, '--name', 'mounting']
  await rootless.podman('run', ...place, RIG_IMAGE, '/bin/sleep', '120')
  const { traps, unseen } = await lookAtMounts(
    { podmanSocket: join(directory, 'none.sock') },
    [
      certificate('web', {
        files: [{ ...fileSpec('key', 'web'), path }],
        reload: [parsed({ podman: 'mounting', user: rootless.user })],
      }),
    ],
    describeHost(process, '0.1.0'),
    AbortSignal.timeout(30_000),
  )
  expect(unseen).toBeUndefined()
  expect(traps).toMatchObject([{ container: 'mounting', kind: 'file' }])
})

test('where nobody listens the command of the account does it; without a user nothing does', async () => {
  const before = await hups()
  const socket = `/run/user/${UID}/nobody.sock`
  expect(await tell({ podman: 'web', user: rootless.user, socket })).toMatchObject([{ outcome: 'told' }])
  expect(await hups()).toBe(before + 1)
  expect(await tell({ podman: 'web', socket })).toMatchObject([
    { outcome: 'failed', message: `expected somebody to listen on ${socket}, found ENOENT` },
  ])
})

test('a link that the account puts in the place of its socket leads nowhere', async () => {
  const { socketPath } = rootless
  await rename(socketPath, `${socketPath}.real`)
  await symlink(`${socketPath}.real`, socketPath)
  onTestFinished(async () => {
    await rm(socketPath)
    await rename(`${socketPath}.real`, socketPath)
  })
  const message = `expected a socket of uid ${UID} at ${socketPath}, found none`
  expect(await tell({ podman: 'web', user: rootless.user })).toMatchObject([{ outcome: 'failed', message }])
  expect(await tell({ podman: 'web', socket: socketPath })).toMatchObject([{ outcome: 'failed', message }])
})

test('no account, no container', async () => {
  expect(await tell('podman:web?user=nobody-here')).toMatchObject([
    { outcome: 'failed', message: 'expected an account nobody-here, found none' },
  ])
})
