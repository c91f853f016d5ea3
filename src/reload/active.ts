/** Are the consumers of a target up? For `keyroller verify`: looks, changes nothing. */
import type { ReloadTarget } from '../core/consumers/target.ts'
import { within } from './deadline.ts'
import { expectedFailure, wholeTarget } from './tell.ts'
import type { Activity, Member, Reach, Teller } from './teller.ts'
import { tellerFor } from './tellers.ts'

export interface MemberState extends Activity {
  /** As `MemberResult.member`. */
  readonly member: string
  readonly name: string
}

/**
 * One state per member, in the order of telling. Empty when the target selects nothing, or is a program that does not
 * run between reloads. A consumer that cannot be looked at counts as not active, with the reason as its message.
 */
export async function findMemberStates(target: ReloadTarget, reach: Reach): Promise<MemberState[]> {
  const teller = tellerFor(target)
  const deadline = { timeoutMs: target.timeoutMs, signal: reach.signal }
  try {
    const members = await within(deadline, (signal) => teller.members(target, { ...reach, signal }))
    const states: MemberState[] = []
    for (const member of members) states.push(...(await lookAt(teller, member, target, reach)))
    return states
  } catch (error) {
    return [
      { member: wholeTarget(target), name: target.text, active: false, message: expectedFailure(error) },
    ]
  }
}

async function lookAt(
  teller: Teller<ReloadTarget>,
  member: Member,
  target: ReloadTarget,
  reach: Reach,
): Promise<MemberState[]> {
  const named = { member: member.id, name: member.name }
  const deadline = { timeoutMs: target.timeoutMs, signal: reach.signal }
  try {
    const activity = await within(deadline, (signal) => teller.look(member, target, { ...reach, signal }))
    return activity ? [{ ...named, ...activity }] : []
  } catch (error) {
    return [{ ...named, active: false, message: expectedFailure(error) }]
  }
}
