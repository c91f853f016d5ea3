import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { PodmanLabelTarget, PodmanNameTarget } from '../../../../src/core/consumers/target.ts'
import { findMemberStates } from '../../../../src/reload/active.ts'
import { type TellRun, tellTarget } from '../../../../src/reload/tell.ts'
import { onHup, type PodmanHost, startPodmanHost } from '../podman-host.ts'
import { tellRun } from '../tell-run.ts'

let host: PodmanHost
beforeAll(async () => {
  host = await startPodmanHost()
})
afterAll(() => host.stop())
beforeEach(() => host.clear())

describe('podman:NAME', () => {
  test('a running container is signalled once, and told once it has stayed up', async () => {
    const id = await host.startScript('web', onHup('echo hup'))
    expect(await tellTarget(byName('web'), run())).toEqual([
      {
        member: `container:${id}`,
        name: 'web',
        outcome: 'told',
        message: 'SIGHUP sent, still running 1s later',
      },
    ])
    expect(await hups('web')).toBe(1)
    expect(await host.podman('logs', 'web')).toBe('ready\nhup\n')
  })

  test('without a socket the podman command does the same', async () => {
    await host.startScript('web', onHup('echo hup'))
    expect(await tellTarget(byName('web'), run({ podmanSocket: '/nonexistent/podman.sock' }))).toMatchObject([
      { name: 'web', outcome: 'told' },
    ])
    expect(await host.podman('logs', 'web')).toBe('ready\nhup\n')
  })

  test('another signal, when the target says so', async () => {
    await host.startScript('web', "trap 'echo usr1' USR1; echo ready; while :; do sleep 3600 & wait $!; done")
    expect(await tellTarget({ ...byName('web'), signal: 'USR1' }, run())).toMatchObject([{ outcome: 'told' }])
    expect(await host.podman('logs', 'web')).toBe('ready\nusr1\n')
  })

  test.each([
    ['the beginning of an id', (id: string) => id.slice(0, 12)],
    ['a name nobody has', () => 'nobody'],
  ])('%s is no name of a container', async (_, name) => {
    const wanted = name(await host.startScript('web', onHup('echo hup')))
    expect(await tellTarget(byName(wanted), run())).toEqual([
      {
        member: `target:podman:${wanted}`,
        name: `podman:${wanted}`,
        outcome: 'failed',
        fault: 'target-missing',
        message: `expected a container named ${wanted}, found none`,
      },
    ])
    expect(await hups('web')).toBe(0)
  })

  test('one that is down stays down and is owed; once started it is told', async () => {
    const id = await host.startScript('web', onHup('echo hup'))
    await host.podman('stop', 'web')
    const [result] = await tellTarget(byName('web'), run())
    expect(result).toMatchObject({ outcome: 'failed', message: 'expected running, found exited with code 0' })
    expect(await host.podman('container', 'inspect', 'web', '--format', '{{.State.Status}}')).toBe('exited\n')
    await host.podman('start', 'web')
    const only = new Set([result?.member ?? ''])
    expect(await tellTarget(byName('web'), run({ only }))).toMatchObject([
      { member: `container:${id}`, outcome: 'told' },
    ])
  })

  test('one that was owed and is gone for good owes nothing; the name is missing all the same', async () => {
    const id = await host.create('web')
    const [owed] = await tellTarget(byName('web'), run())
    await host.podman('rm', 'web')
    const only = new Set([owed?.member ?? ''])
    expect(await tellTarget(byName('web'), run({ only }))).toMatchObject([
      { member: `container:${id}`, outcome: 'told', message: expect.stringContaining('is gone') },
    ])
    expect(await tellTarget(byName('web'), run())).toMatchObject([{ fault: 'target-missing' }])
  })

  test('one whose first process has no handler would never see its signal: not told, not signalled', async () => {
    await host.startScript('web', 'echo ready; while :; do sleep 3600; done')
    const before = await host.killCount('web')
    expect(await messageOf('web')).toBe('expected a handler for SIGHUP in its PID 1, found none')
    expect(await host.killCount('web')).toBe(before)
  })

  test('a paused one would read its signal some day: not told', async () => {
    await host.startScript('web', onHup('echo hup'))
    await host.podman('pause', 'web')
    expect(await messageOf('web')).toBe('expected running, found paused')
    expect(await hups('web')).toBe(0)
  })

  test('one that dies of its HUP is not told', async () => {
    await host.startScript('web', onHup('exit 3'))
    expect(await messageOf('web')).toMatch(
      /^expected it to keep running, found (exited|stopped) with code 3$/,
    )
  })

  test('one that dies of its HUP and removes itself is not told', async () => {
    await host.startScript('web', onHup('exit 3'), '--rm')
    expect(await messageOf('web')).toMatch(
      /^expected it to keep running, found (it gone|stopped with code 3|removing)$/,
    )
  })

  test('one that podman had to restart is not told', async () => {
    await host.startScript('web', onHup('exit 3'), '--restart', 'always')
    expect(await messageOf('web')).toMatch(
      /^expected it to keep running( \(RestartCount 0\))?, found (it restarted at 2\S+|(exited|stopped) with code 3)( \(RestartCount \d+\))?$/,
    )
  })
})

describe('podman:label', () => {
  test('every container with the label, one after another in name order; the one that is down is the only one owed', async () => {
    await host.startScript('b', onHup('echo hup'), '--label', 'tls=true')
    await host.startScript('a', onHup('echo hup'), '--label', 'tls=true')
    await host.create('c', '--label', 'tls=true')
    await host.startScript('other', onHup('echo hup'), '--label', 'tls=false')
    const results = await tellTarget(byLabel('true'), run())
    expect(results).toMatchObject([
      { name: 'a', outcome: 'told' },
      { name: 'b', outcome: 'told' },
      { name: 'c', outcome: 'failed', message: 'expected running, found created' },
    ])
    expect(await hups('other')).toBe(0)
    const only = new Set(results.filter(({ outcome }) => outcome === 'failed').map(({ member }) => member))
    expect(await tellTarget(byLabel('true'), run({ only }))).toMatchObject([{ name: 'c', outcome: 'failed' }])
    expect(await hups('a')).toBe(1)
    expect(await hups('b')).toBe(1)
  })

  test('with a pause between them, the first that fails ends the round', async () => {
    const options = ['--label', 'tls=true']
    await host.startScript('a', onHup('echo hup'), ...options)
    await host.startScript('b', onHup('exit 3'), ...options)
    await host.startScript('c', onHup('echo hup'), ...options)
    expect(await tellTarget({ ...byLabel('true'), delayMs: 500 }, run())).toMatchObject([
      { name: 'a', outcome: 'told' },
      { name: 'b', outcome: 'failed' },
      {
        name: 'c',
        outcome: 'failed',
        message: 'expected b to be told before it, found that it failed',
      },
    ])
    expect(await hups('c')).toBe(0)
  })

  test('a member already told by name is not told again', async () => {
    await host.startScript('web', onHup('echo hup'), '--label', 'tls=true')
    const [told] = await tellTarget(byName('web'), run())
    if (!told) throw new Error('no result')
    expect(await tellTarget(byLabel(), run({ alreadyTold: new Map([[told.member, told]]) }))).toEqual([
      { ...told, message: 'told already in this run' },
    ])
    expect(await hups('web')).toBe(1)
  })

  test('a member told HUP by label is still told USR1 by name', async () => {
    await host.startScript('web', `trap 'echo usr1' USR1; ${onHup('echo hup')}`, '--label', 'tls=true')
    const told = await tellTarget(byLabel(), run())
    const alreadyTold = new Map(told.map((result) => [result.member, result]))
    const [second] = await tellTarget({ ...byName('web'), signal: 'USR1' }, run({ alreadyTold }))
    expect(second).toMatchObject({ outcome: 'told', message: expect.stringContaining('SIGUSR1 sent') })
    expect(second?.member).toMatch(/^container:[0-9a-f]{64}\?signal=USR1$/)
    expect(await host.podman('logs', 'web')).toBe('ready\nhup\nusr1\n')
  })

  test('no container with the label: nobody, not an error', async () => {
    await host.startScript('web', onHup('echo hup'))
    expect(await tellTarget(byLabel('true'), run())).toEqual([])
  })

  test('an owed container that was replaced owes nothing, and its successor is left alone', async () => {
    const id = await host.create('web', '--label', 'tls=true')
    const [owed] = await tellTarget(byLabel(), run())
    await host.podman('rm', 'web')
    await host.startScript('web', onHup('echo hup'), '--label', 'tls=true')
    expect(await tellTarget(byLabel(), run({ only: new Set([owed?.member ?? '']) }))).toMatchObject([
      { member: `container:${id}`, outcome: 'told', message: expect.stringContaining('is gone') },
    ])
    expect(await hups('web')).toBe(0)
  })

  test('the infra container of a labelled pod is no consumer', async () => {
    await host.podman(
      'pod',
      'create',
      '--name',
      'pod',
      '--label',
      'tls=true',
      '--infra-image',
      'keyroller-rig:1',
      '--infra-command',
      '/bin/sleep',
    )
    expect(await tellTarget(byLabel('true'), run())).toEqual([])
    await host.podman('pod', 'rm', '--force', '--all')
  })
})

describe('docker', () => {
  const docker = (container: string) => ({ ...byName(container), kind: 'docker-name' }) as const

  test('a container by name, over the API that Podman serves too', async () => {
    await host.startScript('web', onHup('echo hup'))
    expect(await tellTarget(docker('web'), run({ dockerSocket: host.socketPath }))).toMatchObject([
      { name: 'web', outcome: 'told', message: 'SIGHUP sent, still running 1s later' },
    ])
    expect(await hups('web')).toBe(1)
  })

  test('no daemon is no sign that a container is gone: what is owed stays owed', async () => {
    const only = new Set(['container:aa'])
    expect(await tellTarget(docker('web'), run({ only }))).toMatchObject([
      { member: 'container:aa', outcome: 'failed', fault: 'reload-failed' },
    ])
  })
})

test('states for verify: running, down, unknown, none', async () => {
  const id = await host.startScript('a', onHup('echo hup'), '--label', 'tls=true')
  await host.create('b', '--label', 'tls=true')
  expect(await findMemberStates(byLabel(), run())).toMatchObject([
    { member: `container:${id}`, name: 'a', active: true, message: 'running' },
    { name: 'b', active: false, message: 'expected running, found created' },
  ])
  expect(await findMemberStates(byName('nobody'), run())).toEqual([
    {
      member: 'target:podman:nobody',
      name: 'podman:nobody',
      active: false,
      message: 'expected a container named nobody, found none',
    },
  ])
  expect(await findMemberStates({ ...byLabel(), key: 'none' }, run())).toEqual([])
  expect(await hups('a')).toBe(0)
})

function byName(container: string): PodmanNameTarget {
  return { kind: 'podman-name', text: `podman:${container}`, container, signal: 'HUP', timeoutMs: 20_000 }
}

function byLabel(value?: string): PodmanLabelTarget {
  const text = `podman:label=tls${value === undefined ? '' : `=${value}`}`
  const label = { key: 'tls', ...(value === undefined ? {} : { value }) }
  return { kind: 'podman-label', text, ...label, signal: 'HUP', timeoutMs: 20_000 }
}

function run(change: Partial<TellRun> = {}): TellRun {
  return tellRun({ podmanSocket: host.socketPath, environment: host.env, ...change })
}

async function hups(name: string): Promise<number> {
  return (await host.podman('logs', name)).split('hup\n').length - 1
}

async function messageOf(name: string): Promise<string> {
  const [result] = await tellTarget(byName(name), run())
  return result?.outcome === 'failed' ? result.message : `not failed: ${result?.message}`
}
