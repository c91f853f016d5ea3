/** Whether the consumers of this host know the versions that are installed, as the programs configured for it say. */
import { joinServed, type Served } from '../../core/consumers/served.ts'
import { versionIn } from '../../core/keysets/document.ts'
import { acceptedOf, acceptedText } from '../../core/keysets/knowers.ts'
import type { Keyset } from '../../core/material.ts'
import { hookEnvironment } from '../../reload/hook-environment.ts'
import { pollProgram } from '../../serve/poll-served.ts'
import type { RunContext } from '../context.ts'

/** `fingerprint` names what was asked for. Throws nothing that was met. */
export async function askConsumers(
  keyset: Keyset,
  { memory, signal }: Pick<RunContext, 'memory' | 'signal'>,
): Promise<Served & { readonly fingerprint: string }> {
  const document = memory.current().materials[keyset.id]?.keyset?.document
  if (!document) throw new Error(`${keyset.id} is to be looked for, but was never read`)
  const kids = acceptedOf(document).map(({ kid }) => kid)
  const environment = {
    ...hookEnvironment([keyset]),
    KEYROLLER_KEYSET: keyset.name,
    KEYROLLER_KIDS: kids.join(' '),
    KEYROLLER_ACTIVE: versionIn(document, 'active')?.kid ?? '',
  }
  const says = `${kids.join(', ') || 'nothing'} can be used`
  const answers = keyset.probes.map((probe) => pollProgram(probe, { environment, says, signal }))
  return { ...joinServed(await Promise.all(answers)), fingerprint: acceptedText(document) }
}
