/** A unit of a manager that is a stand-in on a real bus; the real one is met in the system suite. */
import type { Message } from 'dbus-next'
import { type FakeManager, type PrivateBus, startFakeManager, startPrivateBus } from '../private-bus.ts'
import type { Breaker, Breakers } from './broken.ts'

type OnJob = (manager: FakeManager, call: Message, bus: PrivateBus) => void

export const unitBreakers: Breakers = {
  absent: unit(() => {}, { loadState: 'not-found', activeState: 'inactive' }),
  hung: unit((manager, call) => manager.replyJob(call)),
  refuses: unit((manager, call) =>
    manager.refuse(call, 'org.freedesktop.DBus.Error.AccessDenied', 'Permission denied'),
  ),
  dies: unit(afterItsJob({ activeState: 'failed' })),
  stale: unit(afterItsJob({})),
  loops: unit(afterItsJob({ invocation: [9], restarts: 1 }), { restarts: 0 }),
  cut: unit((manager, call, bus) => {
    manager.replyJob(call)
    void bus.die()
  }),
  cancelled: unit((manager, call) => {
    manager.replyJob(call)
    manager.endJob('canceled')
  }),
}

/** The job is done, and whoever looks afterwards finds this. */
function afterItsJob(change: Partial<FakeManager['unit']>): OnJob {
  return (manager, call) => {
    manager.replyJob(call)
    manager.endJob('done')
    Object.assign(manager.unit, change)
  }
}

function unit(onJob: OnJob, found: Partial<FakeManager['unit']> = {}): Breaker {
  return async (_, timeout) => {
    const bus = await startPrivateBus()
    const manager = await startFakeManager(bus, (manager, call) => onJob(manager, call, bus))
    Object.assign(manager.unit, found)
    return {
      reload: { systemd: 'web.service', timeout },
      placed: ['/run/dbus/system_bus_socket', bus.socketPath],
      stop: bus.stop,
    }
  }
}
