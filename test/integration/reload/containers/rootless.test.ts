/** Containers of an account: told through its own socket or by its own command, and through nothing that it put in their place. */
import { rename, rm, symlink } from 'node:fs/promises'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { parseReload } from '../../../../src/config/reload-target.ts'
import type { WrittenReload } from '../../../../src/config/written-reload.ts'
import { tellTarget } from '../../../../src/reload/tell.ts'
import { ROOTLESS_IMAGE, type RootlessPodman, startRootlessPodman } from '../../../rig/rootless-podman.ts'
import { waitFor } from '../../../rig/wait-for.ts'
import { onHup } from '../podman-host.ts'
import { tellRun } from '../tell-run.ts'

const UID = 47_311
let rootless: RootlessPodman
beforeAll(async () => {
  rootless = await startRootlessPodman(UID)
  const place = ['--detach', '--network', 'none', '--label', 'PODMAN_SYSTEMD_UNIT=web.service']
  await rootless.podman('run', ...place, '--name', 'web', ROOTLESS_IMAGE, '/bin/sh', '-c', onHup('echo hup'))
  await waitFor('web is ready', async () => (await logs()).includes('ready'))
})
afterAll(() => rootless?.stop())

const logs = () => rootless.podman('logs', 'web')
const hups = async () => (await logs()).split('hup').length - 1

function tell(written: WrittenReload) {
  const target = parseReload(written)
  if ('expected' in target) throw new Error(target.expected)
  return tellTarget(target, tellRun())
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
