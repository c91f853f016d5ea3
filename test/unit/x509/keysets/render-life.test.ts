import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import type { FileSpec } from '../../../../src/core/file-spec.ts'
import { type KeyVersion, versionIn } from '../../../../src/core/keysets/document.ts'
import { concreteFiles } from '../../../../src/core/keysets/files.ts'
import {
  emptyRecord,
  type KeysetRecord,
  recordAfter,
  type StoredKey,
} from '../../../../src/core/keysets/record.ts'
import { makeKey } from '../../../../src/x509/keysets/make-key.ts'
import { renderKeysetFile } from '../../../../src/x509/keysets/render-keyset.ts'
import { fileSpec } from '../../core/builders.ts'
import { anyLeak, live, QUARTERLY, runsOf } from '../../core/keysets/life.ts'

const FOREIGN = '{"kid":"legacy","kty":"OKP","crv":"Ed25519","x":"AA","big":12345678901234567890}'
const SHARED = new Map([
  ['jwks', `{"about":"us","keys":[${FOREIGN}]}`],
  ['private_jwks', `{"keys":[${FOREIGN}],"active":"legacy"}`],
  ['variable', 'A="1\nKEY=2"\nKEY=old\nB=3\n'],
])
const FILES: readonly FileSpec[] = [
  fileSpec('jwks', 'tokens'),
  fileSpec('private_jwks', 'tokens'),
  { ...fileSpec('variable', 'tokens'), keys: { variable: 'KEY', encoding: 'base64' } },
]

let pool: StoredKey[]
beforeAll(async () => {
  pool = await Promise.all(Array.from({ length: 40 }, () => makeKey('ed25519', 0)))
})

/** As on a host: what a step writes is what the next one finds. */
test('through any life each file has what is accepted, what is not ours, and no private key that is accepted no more', () => {
  fc.assert(
    fc.property(runsOf({ leak: anyLeak }), (runs) => {
      const disk = new Map(SHARED)
      for (const record of recordsOf(runs)) {
        for (const spec of concreteFiles(FILES, record.document)) {
          const standing = Buffer.from(disk.get(spec.role) ?? '')
          const bytes = renderKeysetFile(spec, record, standing)
          expect(renderKeysetFile(spec, record, bytes).equals(bytes)).toBe(true)
          disk.set(spec.role, bytes.toString())
        }
        const active = versionIn(record.document, 'active')
        const accepted = record.document.versions.filter(({ state }) => state !== 'retired')
        for (const role of ['jwks', 'private_jwks']) {
          const text = disk.get(role) ?? ''
          expect(text).toContain(FOREIGN)
          expect(kidsIn(text).toSorted()).toEqual(['legacy', ...accepted.map(({ kid }) => kid)].toSorted())
        }
        expect(JSON.parse(disk.get('private_jwks') ?? '').active).toBe(active?.kid ?? 'legacy')
        expect(disk.get('variable')).toBe(`A="1\nKEY=2"\nKEY=${active ? secretOf(active) : 'old'}\nB=3\n`)
      }
    }),
    { numRuns: 30 },
  )
})

function* recordsOf(runs: Parameters<typeof live>[1]): Generator<KeysetRecord> {
  let record = emptyRecord('tokens')
  for (const { step, nowMs } of live(QUARTERLY, runs).taken) {
    const key = pool[step.version % pool.length]
    record = recordAfter(record, step, { atMs: nowMs, write: 1, ...(key ? { key } : {}) })
    yield record
  }
}

function kidsIn(text: string): string[] {
  return JSON.parse(text).keys.map(({ kid }: { readonly kid: string }) => kid)
}

function secretOf({ number }: KeyVersion): string {
  return pool[number % pool.length]?.secret ?? ''
}
