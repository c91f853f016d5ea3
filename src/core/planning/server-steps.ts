/** The steps with which everything that is asked of the server begins. */
import type { Identity, MaterialId } from '../material.ts'
import type { Step } from '../steps.ts'

export function healthStep(materials: readonly MaterialId[]): Step {
  return { kind: 'health', materials, message: 'ask the server for its health and version' }
}

/** `materials`: what this login is for. */
export function loginStep({ id, login }: Identity, materials: readonly MaterialId[]): Step {
  const message = `log in at auth/${login.authMount} as ${login.mapping}`
  return { kind: 'login', identity: id, materials, message }
}
