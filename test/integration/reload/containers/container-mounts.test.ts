/** What a real podman says of the mounts of its containers, as traps are judged by it. */
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findMountTraps } from '../../../../src/core/consumers/mounts.ts'
import { newGeneration } from '../../../../src/files/switching/generation-names.ts'
import { findMounting } from '../../../../src/reload/containers/container-mounts.ts'
import { onHup, type PodmanHost, startPodmanHost } from '../podman-host.ts'

let host: PodmanHost
let directory: string
const MIDDLE = '.keyroller-certificate-web'
const GENERATION = newGeneration(MIDDLE)
beforeAll(async () => {
  host = await startPodmanHost()
  directory = await realpath(await mkdtemp(join(tmpdir(), 'kr-mounts-')))
  await mkdir(join(directory, GENERATION))
  await writeFile(join(directory, GENERATION, 'web.pem'), 'pem')
  await symlink(GENERATION, join(directory, MIDDLE))
  await symlink(`${MIDDLE}/web.pem`, join(directory, 'web.pem'))
  await symlink(join(directory, 'web.pem'), join(directory, 'elsewhere'))
})
afterAll(async () => {
  await host.stop()
  await rm(directory, { recursive: true })
})

test.each([
  ['the file', 'web.pem', 'file'],
  ['a link that leads to it', 'elsewhere', 'file'],
  ['the link to the generation', MIDDLE, 'generation'],
  ['the generation', GENERATION, 'generation'],
  ['a file in it', `${GENERATION}/web.pem`, 'file'],
  ['the directory', '.', undefined],
])('a container that mounts %s', async (_, source, kind) => {
  await host.startScript('web', onHup('true'), '--volume', `${join(directory, source)}:/mounted:ro`)
  await host.create('down', '--volume', `${join(directory, 'web.pem')}:/mounted`)
  const signal = new AbortController().signal
  const reach = { podmanSocket: host.socketPath, environment: host.env, signal }
  const containers = await findMounting(reach)
  await host.clear()

  expect(containers).toMatchObject([{ name: 'web', mounts: [{ destination: '/mounted', options: 'ro' }] }])
  const path = join(directory, 'web.pem')
  const file = { material: 'certificate/web', directory, path, middle: join(directory, MIDDLE) } as const
  expect(findMountTraps([file], containers).map((trap) => trap.kind)).toEqual(kind ? [kind] : [])
})
