/** A material that was renamed, and its old name given to another one, in one directory. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { HostConfig } from '../../../src/core/host-config.ts'
import type { Certificate } from '../../../src/core/material.ts'
import type { FileSet } from '../../../src/files/switching/layout-work.ts'
import type { RunContext } from '../../../src/run/context.ts'
import { installSets } from '../../../src/run/executors/install.ts'
import { preflightExecutor } from '../../../src/run/executors/preflight.ts'
import { observe } from '../../../src/run/observing/observe.ts'
import { contextOf } from '../../integration/files/switched-host.ts'
import { file, type SmallHost, smallHost } from './small-host.ts'

let dir: string
let small: SmallHost
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'keyroller-borrowed-'))
  small = smallHost(dir)
  mkdirSync(small.config.stateDir, { mode: 0o700 })
  writeFileSync(join(dir, 'ca.pem'), '')
  expect((await install([named('app', 'old')], 'app')).switched).toEqual(['certificate/app'])
})
afterEach(() => rm(dir, { recursive: true }))

test('the new set waits until the renamed one has left its generation', async () => {
  const materials = [named('app', 'new'), named('legacy', 'old')]
  const { failed } = await install(materials, 'app')
  const fault = {
    code: 'files-refused',
    message:
      `${join(dir, 'app/.keyroller-certificate-app')}: expected files of its own set alone to lead through it, ` +
      `found ${join(dir, 'app/old.pem')} of certificate/legacy`,
  }
  expect(failed.get('certificate/app')).toMatchObject(fault)
  const step = { kind: 'preflight', materials: ['certificate/app'], message: '' } as const
  expect(
    (await preflightExecutor(step, contextWith(materials))).failed?.get('certificate/app'),
  ).toMatchObject(fault)
  expect(readFileSync(join(dir, 'app/old.pem'), 'utf8')).toBe('app')
  expect((await install(materials, 'legacy')).switched).toEqual(['certificate/legacy'])
  expect((await install(materials, 'app')).switched).toEqual(['certificate/app'])
  expect(['old.pem', 'new.pem'].map((name) => readFileSync(join(dir, 'app', name), 'utf8'))).toEqual([
    'legacy',
    'app',
  ])
})

test('two that swapped their names stay as they are', async () => {
  await install([named('app', 'old'), named('api', 'other')], 'api')
  const swapped = [named('api', 'old'), named('app', 'other')]
  for (const name of ['api', 'app'])
    expect((await install(swapped, name)).failed.get(`certificate/${name}`)).toMatchObject({
      code: 'files-refused',
    })
  expect(['old.pem', 'other.pem'].map((name) => readFileSync(join(dir, 'app', name), 'utf8'))).toEqual([
    'app',
    'api',
  ])
})

function named(name: string, base: string): Certificate {
  const path = join(dir, `app/${base}.pem`)
  return {
    ...small.certificate,
    id: `certificate/${name}`,
    name,
    layout: 'generation',
    files: [file('key', path)],
  }
}

/** The bytes are the name of the material. */
function install(materials: readonly Certificate[], name: string) {
  const { uid, gid } = small.host
  const sets = materials.flatMap(({ id, layout, files: [spec] }): FileSet[] => {
    if (spec === undefined || id !== `certificate/${name}`) return []
    const image = { path: spec.path, content: Buffer.from(name), mode: 0o600, uid, gid }
    return [{ material: id, layout, images: [image] }]
  })
  return installSets(contextWith(materials), sets)
}

function contextWith(materials: readonly Certificate[]): RunContext {
  const config: HostConfig = { ...small.config, materials: [small.identity, ...materials] }
  const context = contextOf({ ...small, config })
  const observation = observe({ config, host: small.host, memory: context.memory.current(), nowMs: 0 })
  return { ...context, observation }
}
