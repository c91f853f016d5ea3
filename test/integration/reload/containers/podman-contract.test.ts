/** What both doors to podman promise (`podman-port.ts`), on a real one. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dockerApi } from '../../../../src/reload/containers/docker-api.ts'
import { podmanApi } from '../../../../src/reload/containers/podman-api.ts'
import { podmanCli } from '../../../../src/reload/containers/podman-cli.ts'
import type { Podman } from '../../../../src/reload/containers/podman-port.ts'
import { onHup, type PodmanHost, startPodmanHost } from '../podman-host.ts'

let host: PodmanHost
let webId: string
beforeAll(async () => {
  host = await startPodmanHost()
  webId = await host.startScript('web', onHup('echo hup'), '--label', 'tls=true', '--label', 'empty=')
  await host.create('down', '--label', 'tls=true')
  await host.create('other', '--label', 'tls=false')
})
afterAll(() => host.stop())

const doors: [string, () => Podman][] = [
  ['the API socket', () => podmanApi(host.socketPath)],
  ['the same socket by Docker’s API', () => dockerApi(host.socketPath)],
  ['the podman command', () => podmanCli({ environment: host.env, whyNotApi: 'no socket' })],
]

describe.each(doors)('through %s', (_, open) => {
  const { signal } = new AbortController()

  test.each([
    [{ key: 'tls', value: 'true' }, ['down', 'web']],
    [{ key: 'tls' }, ['down', 'other', 'web']],
    [{ key: 'tls', value: 'maybe' }, []],
    [{ key: 'nobody' }, []],
  ])('list %j: running and stopped', async (label, names) => {
    const listed = await open().list(label, signal)
    expect(listed.map(({ name }) => name).sort()).toEqual(names)
  })

  test('list shows ids and labels', async () => {
    const listed = await open().list({ key: 'empty' }, signal)
    expect(listed).toEqual([{ id: webId, name: 'web', labels: { tls: 'true', empty: '' }, isInfra: false }])
  })

  test('listRunning leaves out what is down', async () => {
    expect((await open().listRunning(signal)).map(({ name }) => name)).toEqual(['web'])
  })

  test('inspect by name and by id', async () => {
    const byName = await open().inspect('web', signal)
    expect(byName).toMatchObject({ id: webId, name: 'web', state: 'running', restartCount: 0, health: '' })
    expect(byName?.startedAt).toMatch(/^2\d{3}-/)
    expect(await open().inspect(webId, signal)).toEqual(byName)
    expect(await open().inspect('down', signal)).toMatchObject({ name: 'down', state: 'created' })
  })

  test('inspect of what is not there is undefined', async () => {
    expect(await open().inspect('nobody', signal)).toBeUndefined()
    expect(await open().inspect('f'.repeat(64), signal)).toBeUndefined()
  })

  test('a name that looks like an option or a path is only a name', async () => {
    expect(await open().inspect('--help', signal)).toBeUndefined()
    expect(await open().inspect('a/b?c=d', signal)).toBeUndefined()
  })

  test('kill sends the signal', async () => {
    const before = await host.killCount('web')
    await open().kill(webId, 'HUP', signal)
    expect(await host.killCount('web')).toBe(before + 1)
    await expect.poll(() => host.podman('logs', 'web')).toContain('hup')
  })

  test('kill of what does not run is refused in podman’s words', async () => {
    const down = await open().inspect('down', signal)
    await expect(open().kill(down?.id ?? '', 'HUP', signal)).rejects.toMatchObject({
      code: 'reload-failed',
      message: expect.stringContaining('can only kill running containers'),
    })
  })

  test('kill of what is not there is refused', async () => {
    await expect(open().kill('f'.repeat(64), 'HUP', signal)).rejects.toMatchObject({
      code: 'reload-failed',
      message: expect.stringContaining('no such container'),
    })
  })

  test('exec runs a program in it, and tells how it ended and what it said', async () => {
    const inIt = (script: string) => open().exec(webId, ['/bin/sh', '-c', script, '--'], signal)
    expect(await inIt('echo fine; echo odd >&2')).toMatchObject({
      failure: undefined,
      stdout: { text: 'fine\n' },
      stderr: { text: 'odd\n' },
    })
    const end = await inIt('seq 100000; echo no >&2; exit 3')
    expect(end).toMatchObject({ failure: 'exit code 3', stderr: { text: 'no\n' } })
    expect(end.stdout.text.endsWith('99999\n100000\n')).toBe(true)
  })

  test('exec of what does not run, or of no program, is no success', async () => {
    const down = await open().inspect('down', signal)
    const outcomeOf = (id: string, program: string) =>
      open()
        .exec(id, [program], signal)
        .then(
          ({ failure }) => failure,
          ({ code }) => code,
        )
    expect(await outcomeOf(down?.id ?? '', '/bin/true')).toMatch(
      /^(exit code 255|exit code 125|reload-failed)$/,
    )
    expect(await outcomeOf(webId, '/no/such/program')).toMatch(/^(exit code 12[67]|reload-failed)$/)
  })

  test('restart ends it and starts it again, under its id', async () => {
    const id = await host.startScript('again', onHup('echo hup'))
    const before = await open().inspect(id, signal)
    await open().restart(id, signal)
    const after = await open().inspect(id, signal)
    expect(after).toMatchObject({ id, state: 'running' })
    expect(after?.startedAt).not.toBe(before?.startedAt)
    await host.podman('rm', '--force', '--time', '0', 'again')
  })

  test('an aborted signal stops it with the reason given', async () => {
    const reason = new Error('enough')
    await expect(open().list({ key: 'tls' }, AbortSignal.abort(reason))).rejects.toBe(reason)
    const stop = new AbortController()
    const listing = open().list({ key: 'tls' }, stop.signal)
    stop.abort(reason)
    await expect(listing).rejects.toBe(reason)
  })
})
