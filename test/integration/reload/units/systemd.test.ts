/** The manager's part is played by a stand-in on a real bus; the real one is met in the system suite. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { within } from '../../../../src/reload/deadline.ts'
import { lookAtUnit, reloadUnit, restartUnit } from '../../../../src/reload/units/systemd.ts'
import {
  type FakeManager,
  JOB,
  jobRemoved,
  type PrivateBus,
  startFakeManager,
  startPrivateBus,
} from '../private-bus.ts'

/** A false `done` would be told after a second; only then does the deadline prove something. */
const LONGER_THAN_SETTLING_MS = 2500

let bus: PrivateBus
beforeEach(async () => {
  bus = await startPrivateBus()
})
afterEach(() => bus.stop())

test('told when the job is done and the unit is still the same one up', async () => {
  const { calls } = await startFakeManager(bus, (manager, call) => {
    manager.replyJob(call)
    setTimeout(() => manager.endJob('done'), 100)
  })
  expect(await tell()).toBe('reload job done, still active 1s later')
  expect(calls).toEqual(['Subscribe', 'LoadUnit', 'ReloadUnit'])
})

test('a job that ends before the reply is read counts', async () => {
  await startFakeManager(bus, (manager, call) => {
    manager.endJob('done')
    manager.replyJob(call)
  })
  expect(await tell()).toBe('reload job done, still active 1s later')
})

test.each(['failed', 'timeout', 'canceled', 'skipped', 'invalid'])(
  'a job that ends as %s has told nobody',
  async (result) => {
    await startFakeManager(bus, (manager, call) => {
      manager.replyJob(call)
      manager.endJob(result)
    })
    await expect(tell()).rejects.toMatchObject({
      code: 'reload-failed',
      message: `expected the reload job to end as done, found ${result}; see journalctl -u web.service`,
    })
  },
)

test('a reply is no result: without JobRemoved the deadline decides', async () => {
  await startFakeManager(bus, (manager, call) => manager.replyJob(call))
  await expect(tell(LONGER_THAN_SETTLING_MS)).rejects.toThrow('expected an answer within 2s, found none')
})

test('the end of another job is not the end of ours', async () => {
  await startFakeManager(bus, (manager, call) => {
    manager.replyJob(call)
    manager.endJob('done', '/org/freedesktop/systemd1/job/8')
  })
  await expect(tell(LONGER_THAN_SETTLING_MS)).rejects.toThrow('found none')
})

test('JobRemoved from someone who is not the manager is not believed', async () => {
  const liar = await bus.connect()
  await startFakeManager(bus, (manager, call) => {
    manager.replyJob(call)
    const lie = jobRemoved(JOB, 'done')
    lie.destination = call.sender
    liar.send(lie)
  })
  await expect(tell(LONGER_THAN_SETTLING_MS)).rejects.toThrow('found none')
})

test.each([
  ['loaded', 'inactive', 'expected active, found inactive'],
  ['loaded', 'failed', 'expected active, found failed'],
  ['not-found', 'inactive', 'expected active, found no such unit'],
])('a unit that is %s and %s is not touched', async (loadState, activeState, message) => {
  const manager = await startFakeManager(bus, () => {})
  Object.assign(manager.unit, { loadState, activeState })
  await expect(tell()).rejects.toMatchObject({ code: 'reload-failed', message })
  expect(manager.calls).toEqual(['Subscribe', 'LoadUnit'])
})

test.each([
  ['org.freedesktop.systemd1.JobTypeNotApplicable', 'expected a unit with ExecReload=, found none'],
  ['org.freedesktop.systemd1.UnitMasked', 'expected a unit that can be reloaded, found it masked'],
  ['org.freedesktop.systemd1.NoSuchUnit', 'expected active, found no such unit'],
  [
    'org.freedesktop.DBus.Error.AccessDenied',
    'expected to be allowed to reload, found access denied: no polkit',
  ],
])('%s', async (error, message) => {
  await startFakeManager(bus, (manager, call) => manager.refuse(call, error, 'no\npolkit'))
  await expect(tell()).rejects.toThrow(message)
})

test.each<[string, (manager: FakeManager) => void, string]>([
  [
    'dies',
    ({ unit }) => Object.assign(unit, { activeState: 'failed' }),
    'expected it to stay active, found failed',
  ],
  [
    'is started anew',
    ({ unit }) => Object.assign(unit, { invocation: [9] }),
    'expected it to keep running, found it restarted',
  ],
  [
    'is restarted by systemd',
    ({ unit }) => Object.assign(unit, { invocation: [9], restarts: 1 }),
    'expected it to keep running (NRestarts 0), found it restarted (NRestarts 1)',
  ],
])('a unit that %s soon after its reload has not been told', async (_, happens, message) => {
  const { unit } = await startFakeManager(bus, (manager, call) => {
    manager.replyJob(call)
    manager.endJob('done')
    setTimeout(() => happens(manager), 400)
  })
  if (message.includes('NRestarts')) unit.restarts = 0
  await expect(tell()).rejects.toThrow(message)
})

test('a bus without systemd', async () => {
  await expect(tell()).rejects.toThrow('expected systemd on the bus, found nobody')
})

test('a bus that dies while the job runs ends the wait at once', async () => {
  await startFakeManager(bus, (manager, call) => {
    manager.replyJob(call)
    setTimeout(() => bus.die(), 100)
  })
  const startedAt = Date.now()
  await expect(tell()).rejects.toMatchObject({
    code: 'reload-failed',
    message: `expected a D-Bus answer on ${bus.socketPath}, found the connection closed`,
  })
  expect(Date.now() - startedAt).toBeLessThan(2000)
})

test('a bus that dies before the reply ends the wait at once', async () => {
  await startFakeManager(bus, () => bus.die())
  await expect(tell()).rejects.toThrow('found the connection closed')
})

test('a restart is a job too, and what it started must stay', async () => {
  const manager = await startFakeManager(bus, (manager, call) => {
    manager.unit.invocation = [4]
    manager.replyJob(call)
    manager.endJob('done')
  })
  expect(await restart()).toBe('restart job done, still active 1s later')
  expect(manager.calls).toEqual(['Subscribe', 'LoadUnit', 'TryRestartUnit'])
})

test('what systemd has to start again and again after a restart has not been told', async () => {
  await startFakeManager(bus, (manager, call) => {
    manager.replyJob(call)
    manager.endJob('done')
    setTimeout(() => Object.assign(manager.unit, { invocation: [5] }), 400)
  })
  await expect(restart()).rejects.toThrow('expected it to keep running, found it restarted')
})

test('a unit that is down is not started by a restart', async () => {
  const manager = await startFakeManager(bus, () => {})
  manager.unit.activeState = 'inactive'
  await expect(restart()).rejects.toThrow('expected active, found inactive')
  expect(manager.calls).toEqual(['Subscribe', 'LoadUnit'])
})

test('a restart job that fails', async () => {
  await startFakeManager(bus, (manager, call) => {
    manager.replyJob(call)
    manager.endJob('failed')
  })
  await expect(restart()).rejects.toThrow(
    'expected the restart job to end as done, found failed; see journalctl -u web.service',
  )
})

test('looking at a unit changes nothing', async () => {
  const manager = await startFakeManager(bus, () => {})
  const address = { socketPath: bus.socketPath, signal: new AbortController().signal }
  expect(await lookAtUnit('web.service', address)).toEqual({ active: true, message: 'active' })
  manager.unit.activeState = 'inactive'
  expect(await lookAtUnit('web.service', address)).toEqual({
    active: false,
    message: 'expected active, found inactive',
  })
  expect(manager.calls).toEqual(['LoadUnit', 'LoadUnit'])
})

function tell(timeoutMs = 10_000): Promise<string> {
  const run = new AbortController().signal
  return within({ timeoutMs, signal: run }, (signal) =>
    reloadUnit('web.service', { socketPath: bus.socketPath, signal }),
  )
}

function restart(): Promise<string> {
  const run = new AbortController().signal
  return within({ timeoutMs: 10_000, signal: run }, (signal) =>
    restartUnit('web.service', { socketPath: bus.socketPath, signal }),
  )
}
