/** What Prometheus is told of keysets beside what it is told of every material. */
import type { EpochMs } from '../epoch-ms.ts'
import { versionIn } from '../keysets/document.ts'
import type { RunMemory } from '../memory.ts'
import type { Sample } from './exposition.ts'
import type { MaterialStatus } from './rungs.ts'

export type KeysetRow = [name: string, help: string, samples: readonly Sample[]]

export function keysetRows(statuses: readonly MaterialStatus[], { materials }: RunMemory): KeysetRow[] {
  const keysets = statuses.filter(({ id }) => materials[id]?.keyset)
  const sample = (id: string, value: number | undefined, labels = {}): Sample[] =>
    value === undefined ? [] : [{ labels: { name: id.slice(id.indexOf('/') + 1), ...labels }, value }]
  const inUse = ({ id }: MaterialStatus) => {
    const document = materials[id]?.keyset?.document
    return document && versionIn(document, 'active')?.number
  }
  return [
    [
      'keyset_version_in_use',
      'Number of the version that signs or encrypts.',
      keysets.flatMap((one) => sample(one.id, inUse(one))),
    ],
    [
      'keyset_next_rotation_timestamp_seconds',
      'When the next version is put in use.',
      keysets.flatMap(({ id, rotatesAtMs }) => sample(id, seconds(rotatesAtMs))),
    ],
    [
      'keyset_held_since_timestamp_seconds',
      'Since when that is kept from being done, or would be when it falls due.',
      keysets.flatMap(({ id, held }) =>
        held ? sample(id, seconds(held.sinceMs), { reason: held.reason }) : [],
      ),
    ],
  ]
}

function seconds(ms: EpochMs | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000
}
