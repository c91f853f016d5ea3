import type { Executor } from './executor.ts'

/** The session of an enrolment stands where the identity's own login would: it signs once, and is revoked with the run. */
export const enrolExecutor: Executor<'enrol'> = async ({ material }, context) => {
  if (!context.enrolmentSecret) throw new Error(`${material} was to be enrolled without a secret`)
  const session = await context.vault().enrol(context.enrolmentSecret)
  context.sessions.set(material, session)
  return { message: `${material} let in with policies ${session.policies.join(', ') || 'none'}` }
}
