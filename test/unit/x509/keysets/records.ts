/** Records with real keys, made once for each kind. */
import {
  isPairKind,
  type KeyKind,
  type KeysetDocument,
  type KeyVersion,
} from '../../../../src/core/keysets/document.ts'
import type { KeysetRecord, StoredKey } from '../../../../src/core/keysets/record.ts'
import { makeKey } from '../../../../src/x509/keysets/make-key.ts'

const used = { activeMs: 1, retiringMs: 2 }

/** v1 destroyed, v2 archived, v3 and v4 retiring, v5 in use, v6 next. */
export async function recordOf(kind: KeyKind, rawBytes = 48): Promise<KeysetRecord> {
  const base = { kind, createdMs: 1 } as const
  const numbered = (number: number) => ({ ...base, number, kid: `v${number}` })
  const versions: KeyVersion[] = [
    { ...numbered(1), state: 'retired', ...used, retiredMs: 3, fate: { what: 'destroyed', atMs: 4 } },
    { ...numbered(2), state: 'retired', ...used, retiredMs: 3, fate: { what: 'archived', atMs: 4 } },
    { ...numbered(3), state: 'retiring', ...used, acceptUntilMs: 9 },
    { ...numbered(4), state: 'retiring', ...used, acceptUntilMs: 9 },
    { ...numbered(5), state: 'active', activeMs: 2 },
    { ...numbered(6), state: 'next' },
  ]
  const made = await Promise.all(
    [2, 3, 4, 5, 6].map(async (one) => [one, await makeKey(kind, rawBytes)] as const),
  )
  const keys = Object.fromEntries(made.map(([one, key]) => [one, one === 2 ? archived(kind, key) : key]))
  return { schema: 1, document: documentOf(versions), keys }
}

/** Of a pair the public key is left. */
function archived(kind: KeyKind, key: StoredKey): StoredKey {
  const { secret: _, ...rest } = key
  return isPairKind(kind) ? rest : key
}

/** The same keys, one step on: v6 is in use, v3 is accepted no more, v7 is not made yet. */
export function stepOn({ document, ...rest }: KeysetRecord): KeysetRecord {
  const versions = document.versions.map((one): KeyVersion => {
    const { number, kind, kid, createdMs } = one
    const base = { number, kind, kid, createdMs }
    if (number === 3) return { ...base, state: 'retired', ...used, retiredMs: 9 }
    if (number === 5) return { ...base, state: 'retiring', ...used, acceptUntilMs: 19 }
    return number === 6 ? { ...base, state: 'active', activeMs: 9 } : one
  })
  return { ...rest, document: documentOf(versions) }
}

/** Only the first version, which is not in use yet. */
export function onlyNext({ document, keys, schema }: KeysetRecord): KeysetRecord {
  const versions = document.versions.filter(({ state }) => state === 'next')
  return { schema, document: documentOf(versions), keys: { 6: keys[6] ?? {} } }
}

function documentOf(versions: readonly KeyVersion[]): KeysetDocument {
  return { schema: 1, name: 'tokens', versions }
}
