/** Who of this host knows which versions: whoever was told of the files that hold them, and what a program has proved. */
import type { Keyset } from '../material.ts'
import type { RunMemory } from '../memory.ts'
import type { KeysetDocument, KeyVersion } from './document.ts'
import type { Knower } from './gates.ts'

/**
 * The host itself, by the files that it has installed, and each of its reload targets and probes, as far as the memory goes: an untold
 * consumer knows nothing. Without the host, one that installs late could put in use what others then sign with before it knows it.
 */
export function knowersHere({ id, reload, probes }: Keyset, { materials, owed }: RunMemory): Knower[] {
  const { keyset, served } = materials[id] ?? {}
  const shown = keyset ? acceptedOf(keyset.document).map(({ number }) => number) : []
  const isOwed = (text: string) => owed.some((one) => one.target === text && one.materials.includes(id))
  const isProved =
    served?.outcome === 'served' && keyset && served.fingerprint === acceptedText(keyset.document)
  return [
    { name: 'the files of this host', knows: shown, isThisHost: true },
    ...reload.map(({ text }) => ({ name: text, knows: isOwed(text) ? [] : shown })),
    ...probes.map(({ text }) => ({ name: text, knows: isProved ? shown : [] })),
  ]
}

/** What consumers are to accept. */
export function acceptedOf({ versions }: KeysetDocument): KeyVersion[] {
  return versions.filter(({ state }) => state !== 'retired')
}

/** Changes with every step that consumers are told of: `v2=active v3=next`. */
export function acceptedText(document: KeysetDocument): string {
  return acceptedOf(document)
    .map(({ kid, state }) => `${kid}=${state}`)
    .join(' ')
}
