/** Bundles on a real Vault: from a mount and from a file, beside the pairs of scenario S2. */
import { chmod, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startLocalScenario } from '../../rig/local-scenario.ts'
import { makeAuthority } from '../../rig/openssl-authority.ts'
import { DAY_MS, type HostScenario } from '../../rig/scenario-s2.ts'

let scenario: HostScenario
beforeAll(async () => {
  scenario = await startLocalScenario({ identity: { lifetimeMs: 30 * DAY_MS }, leaf: { lifetimeMs: DAY_MS } })
  await writeFile(given(), scenario.pki.rootPem)
  await scenario.host.configure((config) => {
    config.bundle = {
      mount: {
        files: { ca: path('mount') },
        reload: [{ exec: ['/bin/sh', '-c', `echo told >> ${path('told')}`] }],
      },
      file: { file: given(), files: { ca: { path: path('file'), mode: '0640' } } },
    }
  })
})
afterAll(() => scenario?.stop())

test('the chain of the mount is judged, installed and told; a second run asks nobody', {
  timeout: 60_000,
}, async () => {
  expect(await renew()).toBe(0)
  const { rootPem, intermediatePem } = scenario.pki
  expect(await blocks('mount')).toEqual(new Set([rootPem.trim(), intermediatePem.trim()]))
  expect(await blocks('file')).toEqual(new Set([rootPem.trim()]))
  expect((await stat(path('file'))).mode & 0o777).toBe(0o640)
  expect(await readFile(path('told'), 'utf8')).toBe('told\n')
  const { stdout } = await scenario.host.keyroller(['plan', '--json'])
  expect(JSON.parse(stdout).steps).toEqual([])
})

test('a look that finds the same writes and tells nothing', async () => {
  const before = await stat(path('mount'))
  expect(await renew('--now', 'bundle/mount')).toBe(0)
  expect((await stat(path('mount'))).mtimeMs).toBe(before.mtimeMs)
  expect(await readFile(path('told'), 'utf8')).toBe('told\n')
})

test('a file that gains an authority is followed; mode and lost files are mended', async () => {
  const more = await makeAuthority()
  await writeFile(given(), scenario.pki.rootPem + more.caPem)
  await chmod(path('mount'), 0o600)
  expect(await renew()).toBe(0)
  expect(await blocks('file')).toEqual(new Set([scenario.pki.rootPem.trim(), more.caPem.trim()]))
  expect((await stat(path('mount'))).mode & 0o777).toBe(0o644)
  await more.remove()
})

test('a chain that leads to another root is refused, and the file stays', async () => {
  const stranger = await makeAuthority()
  const before = await readFile(path('mount'), 'utf8')
  const trust = join(scenario.dir, 'stranger.pem')
  await writeFile(trust, stranger.caPem)
  await scenario.host.configure((config) => {
    config.bundle = { mount: { trust_file: trust, files: { ca: path('mount') } } }
  })
  const { exit, stdout } = await scenario.host.keyroller(['renew', '--now', 'bundle/mount'])
  expect(exit).not.toBe(0)
  expect(stdout).toContain('expected a chain to the anchors')
  expect(await readFile(path('mount'), 'utf8')).toBe(before)
  await stranger.remove()
})

async function renew(...args: string[]): Promise<number | null> {
  const { exit, stdout, stderr } = await scenario.host.keyroller(['renew', ...args])
  if (exit !== 0) throw new Error(stdout + stderr)
  return exit
}

function path(name: string): string {
  return join(scenario.dir, `${name}.pem`)
}

function given(): string {
  return join(scenario.dir, 'given.pem')
}

async function blocks(name: string): Promise<Set<string>> {
  const text = await readFile(path(name), 'utf8')
  return new Set(
    text
      .split(/(?<=-----END CERTIFICATE-----)\n/)
      .map((one) => one.trim())
      .filter(Boolean),
  )
}
