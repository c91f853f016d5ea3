/** What an installation keeps of the files it replaces, on disk. */
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { MaterialId } from '../../../../src/core/material.ts'
import { listKeptSets, readKeptSet } from '../../../../src/files/own/kept-sets.ts'
import type { RunContext } from '../../../../src/run/context.ts'
import { installSets } from '../../../../src/run/executors/install.ts'
import { contextOf } from '../../../integration/files/switched-host.ts'
import { authority, type Issued, issue, NOW_MS } from '../../x509/authority.ts'
import { type SmallHost, smallHost } from '../small-host.ts'

const root = await authority('Root')
const [first, second] = await Promise.all([leafOf(), leafOf()])

let dir: string
let small: SmallHost
let context: RunContext
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'keyroller-keep-'))
  small = smallHost(dir, NOW_MS)
  mkdirSync(small.config.stateDir, { mode: 0o700 })
  writeFileSync(join(dir, 'ca.pem'), root.certPem)
  context = contextOf(small)
})
afterEach(() => rm(dir, { recursive: true }))

test('the files of before, as they were, under the serial of their certificate', async () => {
  place(first)
  chmodSync(at('key.pem'), 0o640)
  await install(second)
  const [set, ...more] = keptNow()
  expect(more).toEqual([])
  expect(set).toMatchObject({
    material: 'certificate/app',
    keptAtMs: NOW_MS,
    certificate: lifeOf(first),
    byKeyroller: false,
    files: [
      { role: 'key', path: at('key.pem'), mode: 0o640, content: Buffer.from(first.keyPem) },
      { role: 'fullchain', path: at('fullchain.pem'), mode: 0o644, content: Buffer.from(first.certPem) },
    ],
  })
  expect(readFileSync(at('key.pem'), 'utf8')).toBe(second.keyPem)
})

test('known as of keyroller when it was installed by it and not changed since', async () => {
  await install(first)
  await install(second)
  expect(keptNow()).toMatchObject([{ certificate: lifeOf(first), byKeyroller: true }])
  writeFileSync(at('fullchain.pem'), `${second.certPem}\n`)
  await install(first)
  expect(
    keptNow().find(({ certificate }) => certificate?.serial === second.parsed.facts.serial),
  ).toMatchObject({
    byKeyroller: false,
    files: [{}, { content: Buffer.from(`${second.certPem}\n`) }],
  })
})

test('files in which no certificate can be read are kept all the same', async () => {
  writeFileSync(at('fullchain.pem'), 'what another tool wrote')
  await install(first)
  expect(keptNow()).toEqual([
    expect.objectContaining({
      byKeyroller: false,
      files: [expect.objectContaining({ content: Buffer.from('what another tool wrote') })],
    }),
  ])
  expect(keptNow()[0]?.certificate).toBeUndefined()
})

test('a repair keeps the whole set that an edit was made to', async () => {
  await install(first)
  writeFileSync(at('key.pem'), second.keyPem)
  await installFiles(first, ['key.pem'])
  expect(keptNow()).toMatchObject([
    { files: [{ content: Buffer.from(second.keyPem) }, { role: 'fullchain' }] },
  ])
})

test('a certificate whose key is lost, or another, is nothing to go back to', async () => {
  await install(first)
  rmSync(at('key.pem'))
  await install(second)
  writeFileSync(at('key.pem'), first.keyPem)
  await install(first)
  expect(keptNow().map(({ certificate, files }) => [certificate, files.length])).toEqual([
    [undefined, 1],
    [undefined, 2],
  ])
})

describe('nothing is kept', () => {
  test('where nothing was', async () => {
    await install(first)
    expect(keptNow()).toEqual([])
  })

  test('of the same bytes', async () => {
    place(first)
    await install(first)
    expect(keptNow()).toEqual([])
  })

  test('when a lost copy is made anew', async () => {
    await install(first)
    rmSync(at('fullchain.pem'))
    await installFiles(first, ['fullchain.pem'])
    expect(keptNow()).toEqual([])
  })

  test.each<[string, (host: SmallHost) => SmallHost['config']]>([
    ['keep = 0', ({ config }) => ({ ...config, previous: { ...config.previous, keep: 0 } })],
    [
      'ephemeral = true',
      ({ config, certificate }) => ({ ...config, materials: [{ ...certificate, ephemeral: true }] }),
    ],
  ])('with %s', async (_, change) => {
    place(first)
    context = contextOf({ ...small, config: change(small) })
    expect((await install(second)).switched).toEqual(['certificate/app'])
    expect(keptNow()).toEqual([])
  })

  test('when the switch does not come about, not even on a disk that is full', async () => {
    place(first)
    mkdirSync(join(small.config.stateDir, 'journal.json'))
    await expect(install(second)).rejects.toMatchObject({ code: 'state-failed' })
    rmSync(join(small.config.stateDir, 'journal.json'), { recursive: true })
    const { failed } = await installFiles(second, ['key.pem', 'fullchain.pem', 'none/chain.pem'])
    expect(failed.get('certificate/app')).toMatchObject({ code: 'files-failed' })
    expect(keptNow()).toEqual([])
    expect(readFileSync(at('key.pem'), 'utf8')).toBe(first.keyPem)
  })
})

describe('what cannot be kept is not replaced', () => {
  test('because it cannot be read', async () => {
    place(first)
    rmSync(at('key.pem'))
    symlinkSync('fullchain.pem', at('key.pem'))
    expect((await install(second)).failed.get('certificate/app')).toMatchObject({
      code: 'files-refused',
      message: `${at('key.pem')}: expected a regular file, found a symbolic link, so it cannot be kept`,
    })
  })

  test('because there is no room for it', async () => {
    place(first)
    writeFileSync(join(small.config.stateDir, 'previous'), 'no directory')
    await expect(install(second)).rejects.toMatchObject({ code: 'state-failed' })
    expect(readFileSync(at('fullchain.pem'), 'utf8')).toBe(first.certPem)
  })
})

test('two of the same moment have names of their own', async () => {
  place(first)
  await install(second)
  place(first)
  await install(second)
  expect(keptNow().map(({ keptAtMs }) => keptAtMs)).toEqual([NOW_MS, NOW_MS + 1])
})

function leafOf(): Promise<Issued> {
  return issue({ commonName: 'app.example', issuer: root })
}

function lifeOf({ parsed: { facts } }: Issued) {
  const { serial, notBeforeMs, notAfterMs } = facts
  return { serial, notBeforeMs, notAfterMs }
}

function at(name: string): string {
  return join(dir, 'app', name)
}

function place({ keyPem, certPem }: Issued): void {
  writeFileSync(at('key.pem'), keyPem, { mode: 0o600 })
  writeFileSync(at('fullchain.pem'), certPem)
}

function install(set: Issued) {
  return installFiles(set, ['key.pem', 'fullchain.pem'])
}

function installFiles({ keyPem, certPem, parsed }: Issued, names: readonly string[]) {
  const { uid, gid } = small.host
  const images = names.map((name) => {
    const isKey = name === 'key.pem'
    return {
      path: at(name),
      content: Buffer.from(isKey ? keyPem : certPem),
      mode: isKey ? 0o600 : 0o644,
      uid,
      gid,
    }
  })
  const { serial, fingerprint, notAfterMs } = parsed.facts
  const material: MaterialId = 'certificate/app'
  return installSets(context, [
    { material, layout: 'files', images, issued: { serial, fingerprint, notAfterMs, atMs: NOW_MS } },
  ])
}

function keptNow() {
  const { stateDir } = small.config
  const sets = listKeptSets(stateDir).toSorted((a, b) => a.keptAtMs - b.keptAtMs)
  return sets.map((set) => ({ ...set, ...readKeptSet(stateDir, set) }))
}
