/** Which of several servers a run speaks to: asked in order, until one can do the work itself. */
import { KeyrollerError } from '../core/errors.ts'
import type { Health } from './health.ts'

export interface Chosen<Server> {
  readonly server: Server
  readonly health: Health
}

/**
 * The first active server. A standby only when none is active: it forwards what it is asked (Vault's default), for which it
 * needs the active one. A server that cannot work only when none can, so that its state is told. Throws what each was found
 * to be when none answers, with the code of the first; at once when the run is being stopped.
 */
export async function chooseServer<Server>(
  servers: readonly Server[],
  askHealth: (server: Server) => Promise<Health>,
): Promise<Chosen<Server>> {
  const answered: Chosen<Server>[] = []
  const faults: KeyrollerError[] = []
  for (const server of servers) {
    try {
      const health = await askHealth(server)
      if (isWorking(health) && !health.standby) return { server, health }
      answered.push({ server, health })
    } catch (error) {
      if (!(error instanceof KeyrollerError) || isStop(error)) throw error
      faults.push(error)
    }
  }
  const chosen = answered.find(({ health }) => isWorking(health)) ?? answered[0]
  if (chosen) return chosen
  throw joined(faults)
}

function isWorking({ initialized, sealed }: Health): boolean {
  return initialized && !sealed
}

function isStop({ code }: KeyrollerError): boolean {
  return code === 'run-interrupted' || code === 'run-deadline'
}

function joined(faults: readonly KeyrollerError[]): KeyrollerError {
  const [first, ...more] = faults
  if (!first) throw new Error('the schema let an empty list of addresses through')
  if (more.length === 0) return first
  return new KeyrollerError(first.code, faults.map(({ message }) => message).join('; '), { hint: first.hint })
}
