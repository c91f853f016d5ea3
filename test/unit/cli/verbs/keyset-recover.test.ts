/** Break-glass on a host whose proxy checks a cache with the key from its environment file. */
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Stage } from '../stage.ts'
import { keysetStage } from './keyset-stage.ts'

const DOWN = 'http://127.0.0.1:9/health'

async function proxyHost(controlPlane: string): Promise<Stage> {
  const scene = await keysetStage()
  scene.configure((text) =>
    text.replace(
      '[keyset.tokens.files]',
      `control_plane = "${controlPlane}"
stale_files = ["${scene.folder}/cache/policy.json", "${scene.folder}/cache/policy.json.sig"]
reload = [{ exec = ["/bin/sh", "-c", "/bin/ls ${scene.folder}/cache > ${scene.folder}/seen"] }]
[keyset.tokens.files]`,
    ),
  )
  mkdirSync(join(scene.folder, 'cache'))
  for (const name of ['policy.json', 'policy.json.sig', 'other']) scene.place(join('cache', name), 'old')
  return scene
}

async function answering(): Promise<string> {
  const server = createServer((_, response) => response.end('ok')).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/health`
}

test('is shown, and done only when somebody agrees', async () => {
  const scene = await proxyHost(DOWN)
  const { exit, stderr } = await scene.keyroller('keyset recover tokens')
  expect([exit, stderr.split('\n')]).toEqual([
    2,
    [
      'keyroller: keyset/tokens: expected --yes to these steps, found none:',
      `  see that the control plane answers: ${DOWN}`,
      expect.stringMatching(/^ {2}look at the source of keyset\/tokens: /),
      '  remove ~/cache/policy.json, ~/cache/policy.json.sig',
      expect.stringMatching(/^ {2}tell exec:.*, which may not be restarted$/),
      'hint: the same command again, with --yes',
      '',
    ],
  ])
  const { stdout } = await scene.keyroller('keyset recover tokens --plan')
  expect(stdout).toMatch(/^reset {2}keyset\/tokens: break-glass: removes ~\/cache\/policy.json, /)
  expect(existsSync(join(scene.folder, 'cache/policy.json'))).toBe(true)
})

test('is refused while the control plane is away, with everything as it was, and keeps nothing waiting', async () => {
  const scene = await proxyHost(DOWN)
  const { exit, stdout } = await scene.keyroller('keyset recover tokens --yes --log human')
  expect(exit).toBe(9)
  expect(stdout).toContain('FAIL  keyset/tokens: expected a control plane that answers, found ')
  expect(existsSync(join(scene.folder, 'cache/policy.json'))).toBe(true)
  expect(existsSync(join(scene.folder, 'seen'))).toBe(false)
  expect((await scene.keyroller('plan tokens')).stdout).not.toContain('backing-off')
})

test('removes what is stale, then has the consumers start anew, and the ledger says who asked', async () => {
  const scene = await proxyHost(await answering())
  const { exit } = await scene.keyroller('keyset recover tokens --yes --log human')
  expect(exit).toBe(0)
  expect(readFileSync(join(scene.folder, 'seen'), 'utf8')).toBe('other\n')
  const ledger = readFileSync(join(scene.folder, 'state/ledger.jsonl'), 'utf8')
  const entries = ledger.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]))
  expect(entries.find(({ kind }) => kind === 'run')).toMatchObject({ verb: 'keyset', asked: { by: 'user' } })
  expect(entries.filter(({ step }) => step === 'clear')).toEqual([
    expect.objectContaining({
      kind: 'intent',
      files: expect.arrayContaining([join(scene.folder, 'cache/policy.json')]),
    }),
    expect.objectContaining({ kind: 'outcome', result: 'done' }),
  ])
})

test('a link on the way to a stale file is not followed, and then nobody is restarted', async () => {
  const scene = await proxyHost(await answering())
  await scene.keyroller('renew tokens --log human')
  rmSync(join(scene.folder, 'seen'))
  mkdirSync(join(scene.folder, 'elsewhere'))
  writeFileSync(join(scene.folder, 'elsewhere/policy.json'), 'keep')
  symlinkSync('elsewhere', join(scene.folder, 'link'))
  scene.configure((text) => text.replaceAll('/cache/policy.json', '/link/policy.json'))
  const { exit, stdout } = await scene.keyroller('keyset recover tokens --yes --log human')
  expect(exit).toBe(4)
  expect(stdout).toContain('expected link to be a directory, found a link or file')
  expect(readFileSync(join(scene.folder, 'elsewhere/policy.json'), 'utf8')).toBe('keep')
  expect(existsSync(join(scene.folder, 'seen'))).toBe(false)
})
