import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { pollServed } from '../../../src/serve/poll-served.ts'
import { noAnchors } from '../../../src/x509/anchors.ts'
import { leaf } from '../core/builders.ts'

test('exit code 0: served', async () => {
  expect(await ask('exit 0')).toEqual({
    outcome: 'served',
    message: `${TEXT} says that serial 4a11 is served`,
  })
})

test('it learns what is expected, and nothing of keyroller’s own environment', async () => {
  const dir = await folder()
  await ask(`env | sort > ${dir}/env`)
  const lines = (await readFile(join(dir, 'env'), 'utf8')).split('\n')
  expect(lines).toEqual(
    expect.arrayContaining([
      `KEYROLLER_FINGERPRINT=${leaf().fingerprint}`,
      'KEYROLLER_MATERIALS=certificate/web',
      'KEYROLLER_SERIAL=4a11',
      'PATH=/usr/sbin:/usr/bin:/sbin:/bin',
    ]),
  )
  expect(lines.filter((line) => /^(?:HOME|VAULT_|NODE_)/.test(line))).toEqual([])
})

test('it is asked again until the time is over, and its last words are told', async () => {
  const dir = await folder()
  expect(await ask(`echo x >> ${dir}/asked; echo "still old" >&2; exit 3`)).toEqual({
    outcome: 'probe-failed',
    message: `${TEXT}: expected exit code 0, found exit code 3; it said: still old`,
  })
  expect((await readFile(join(dir, 'asked'), 'utf8')).split('x').length).toBeGreaterThan(2)
})

test('served at the second asking', async () => {
  const dir = await folder()
  expect(await ask(`test -e ${dir}/asked && exit 0; touch ${dir}/asked; exit 1`)).toMatchObject({
    outcome: 'served',
  })
})

test('one that hangs is killed with its children', async () => {
  const startedAt = performance.now()
  expect(await ask('sleep 60 & sleep 60')).toEqual({
    outcome: 'probe-failed',
    message: expect.stringMatching(/: expected an answer within \d+ ms, found none$/),
  })
  expect(performance.now() - startedAt).toBeLessThan(10_000)
})

test('one that is not there', async () => {
  expect(await poll(['/nowhere/look'], new AbortController().signal)).toEqual({
    outcome: 'probe-failed',
    message: 'exec:look: expected a program at /nowhere/look, found ENOENT',
  })
})

test('a run that is told to stop does not wait for it', async () => {
  const startedAt = performance.now()
  const seen = await poll(['/bin/sleep', '60'], AbortSignal.timeout(100), 60_000)
  expect(seen).toEqual({
    outcome: 'probe-failed',
    message: 'exec:look: expected an answer before the run was stopped, found none',
  })
  expect(performance.now() - startedAt).toBeLessThan(10_000)
})

const TEXT = 'exec:look'

function ask(script: string) {
  return poll(['/bin/sh', '-c', script], new AbortController().signal)
}

function poll(argv: readonly [string, ...string[]], signal: AbortSignal, timeoutMs = 1_000) {
  return pollServed(
    { kind: 'exec', argv, text: TEXT, timeoutMs },
    {
      expected: leaf(),
      anchors: noAnchors(),
      environment: { KEYROLLER_MATERIALS: 'certificate/web' },
      signal,
    },
  )
}

async function folder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'keyroller-ask-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  return dir
}
