import type { UnitStart } from '../../core/ledger/hand-over.ts'
import { type Deadline, within } from '../deadline.ts'
import { withBus } from './system-bus.ts'
import { managerSocket } from './systemd.ts'
import { readProperties } from './unit-facts.ts'

export interface ManagerDeadline extends Deadline {
  /** Default: of the system's manager. */
  readonly managerSocket: string | undefined
}

/** Which start of a unit this is. Rejects with `reload-failed` when the manager does not answer in time. */
export function readUnitStart(unit: string, deadline: ManagerDeadline): Promise<UnitStart> {
  const socketPath = deadline.managerSocket ?? managerSocket(0)
  return within(deadline, (signal) =>
    withBus({ socketPath, signal }, async (bus) => {
      const { ActiveState, InvocationID } = await readProperties(bus, unit, 'Unit')
      return {
        activeState: String(ActiveState),
        invocation: InvocationID instanceof Uint8Array ? Buffer.from(InvocationID).toString('hex') : '',
      }
    }),
  )
}
