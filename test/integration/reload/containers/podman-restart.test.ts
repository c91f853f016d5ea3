/** Containers whose target lets them be restarted, on a real Podman. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type {
  PodmanLabelTarget,
  PodmanNameTarget,
  SystemdTarget,
} from '../../../../src/core/consumers/target.ts'
import { restartTarget, type TellRun, tellTarget } from '../../../../src/reload/tell.ts'
import { podman, systemd } from '../../../unit/core/consumer-builders.ts'
import { onHup, type PodmanHost, startPodmanHost } from '../podman-host.ts'
import { startFakeManager, startPrivateBus } from '../private-bus.ts'
import { tellRun } from '../tell-run.ts'

let host: PodmanHost
beforeAll(async () => {
  host = await startPodmanHost()
})
afterAll(() => host.stop())
beforeEach(() => host.clear())

test('instead of a signal, when the target says so', async () => {
  const id = await host.startScript('web', onHup('echo hup'))
  expect(await tellTarget({ ...podman('web'), restart: 'always' }, run())).toEqual([
    {
      member: `container:${id}?restart`,
      name: 'web',
      outcome: 'told',
      message: 'restarted, still running 1s later',
    },
  ])
  expect(await host.podman('logs', 'web')).toBe('ready\nready\n')
})

test('as the stronger means: told by a signal first, by a restart when asked', async () => {
  await host.startScript('web', onHup('echo hup'))
  const target: PodmanNameTarget = { ...podman('web'), restart: 'if-needed' }
  const told = await tellTarget(target, run())
  expect(told).toMatchObject([{ message: 'SIGHUP sent, still running 1s later' }])
  const alreadyTold = new Map(told.map((result) => [result.member, result]))
  expect(await restartTarget(target, run({ alreadyTold }))).toMatchObject([
    { message: 'restarted, still running 1s later' },
  ])
  expect(await host.podman('logs', 'web')).toBe('ready\nhup\nready\n')
})

test('once in a run, whoever asks: by its name and by a label of it', async () => {
  const id = await host.startScript('web', onHup('echo hup'), '--label', 'tls=true')
  const byName: PodmanNameTarget = { ...podman('web'), restart: 'if-needed' }
  const { container: _, ...way } = byName
  const byLabel: PodmanLabelTarget = { ...way, kind: 'podman-label', key: 'tls', text: 'podman:label=tls' }
  const shared = run()
  expect(await restartTarget(byName, shared)).toMatchObject([
    { message: 'restarted, still running 1s later' },
  ])
  expect(await restartTarget(byLabel, shared)).toEqual([
    { member: `container:${id}`, name: 'web', outcome: 'told', message: 'restarted already in this run' },
  ])
  expect(await host.podman('logs', 'web')).toBe('ready\nready\n')
})

test('never of one that may not be', async () => {
  await host.startScript('web', onHup('echo hup'))
  expect(await restartTarget(podman('web'), run())).toMatchObject([
    {
      member: 'target:podman:web',
      outcome: 'failed',
      message: 'expected a target that may be restarted',
    },
  ])
  expect(await host.podman('logs', 'web')).toBe('ready\n')
})

test('never a first start', async () => {
  await host.create('web')
  const target: PodmanNameTarget = { ...podman('web'), restart: 'always' }
  expect(await tellTarget(target, run())).toMatchObject([
    { outcome: 'failed', message: 'expected running, found created' },
  ])
  expect(await host.podman('container', 'inspect', 'web', '--format', '{{.State.Status}}')).toBe('created\n')
})

test('one that starts and ends again is not told', async () => {
  await host.startScript(
    'web',
    `test -e /once && exit 3; touch /once; ${onHup('echo hup')}`,
    '--restart',
    'always',
  )
  const target: PodmanNameTarget = { ...podman('web'), restart: 'always' }
  expect(await tellTarget(target, run())).toMatchObject([{ outcome: 'failed' }])
})

test('one of a unit is left to its unit', async () => {
  await host.startScript('web', onHup('echo hup'), '--label', 'PODMAN_SYSTEMD_UNIT=web.service')
  const bus = await startPrivateBus()
  const manager = await startFakeManager(bus, (manager, call) => {
    manager.replyJob(call)
    manager.endJob('done')
  })
  const target: PodmanNameTarget = { ...podman('web'), restart: 'always' }
  const shared = run({ managerSocket: bus.socketPath })
  expect(await tellTarget(target, shared)).toMatchObject([
    { outcome: 'told', message: 'restart job done, still active 1s later' },
  ])
  // And the unit, when it is asked for too, has been restarted with it.
  const unit: SystemdTarget = { ...systemd('web.service'), restart: 'if-needed' }
  expect(await restartTarget(unit, shared)).toMatchObject([{ message: 'restarted already in this run' }])
  expect(manager.calls).toEqual(['Subscribe', 'LoadUnit', 'TryRestartUnit'])
  expect(await host.podman('logs', 'web')).toBe('ready\n')
  await bus.stop()
})

function run(change: Partial<TellRun> = {}): TellRun {
  return tellRun({ podmanSocket: host.socketPath, environment: host.env, ...change })
}
