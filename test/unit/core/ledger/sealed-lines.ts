/** Ledgers made of lines, for the core: what a run would have written, without its files. */
import { hash } from 'node:crypto'
import type { EntryBody } from '../../../../src/core/ledger/entry.ts'
import { type LedgerHead, NO_ENTRY } from '../../../../src/core/ledger/head.ts'
import type { LedgerLine } from '../../../../src/core/ledger/ledger-line.ts'
import { sealEntry } from '../../../../src/core/ledger/seal.ts'

export const sha256 = (data: string | Uint8Array): string => hash('sha256', data, 'hex')

export interface SealedLedger {
  readonly texts: readonly string[]
  readonly head: LedgerHead
}

/** `runs` runs of four entries each; names are those of the index, so that no two lines are alike. */
export function sealLedger(runs: number, host = 'host-a'): SealedLedger {
  return sealBodies(Array.from({ length: runs }, (_, index) => bodiesOfRun(index)).flat(), host)
}

export function sealBodies(bodies: readonly EntryBody[], host = 'host-a'): SealedLedger {
  const texts: string[] = []
  let head: LedgerHead = { seq: 0, hash: NO_ENTRY }
  for (const body of bodies) {
    const sealed = sealEntry(
      body,
      head,
      { at: '2026-11-25T02:00:00Z', host, run: '0123456789abcdef' },
      sha256,
    )
    texts.push(sealed.line)
    head = sealed.head
  }
  return { texts, head }
}

/** A run, one step as intent and outcome, and what signs them. */
export function bodiesOfRun(index: number): EntryBody[] {
  const materials = [`certificate/é-${index}`] as const
  const step = {
    step: 'issue',
    materials,
    message: `issue ${materials}: due since “noon” \\ \u0001`,
  } as const
  const certificates = [{ material: materials[0], serial: `${index}`, fingerprint: 'ab'.repeat(32) }]
  return [
    { kind: 'run', verb: 'renew', asked: { by: 'timer', uid: 0 }, version: '0.1.0' },
    { kind: 'intent', ...step, reason: 'due' },
    { kind: 'outcome', ...step, of: index * 4 + 2, result: 'done', tookMs: 12, certificates },
    { kind: 'checkpoint', identity: 'identity/app', jws: `a.b.${index}` },
  ]
}

export function asLines(texts: readonly (string | Buffer)[], file = 'ledger.jsonl'): LedgerLine[] {
  return texts.map((content, index) => {
    const bytes = Buffer.from(content)
    const text = bytes.toString('utf8')
    return {
      ...{ file, number: index + 1, bytes: bytes.length, hash: sha256(bytes), isEnded: true },
      ...(Buffer.from(text).equals(bytes) ? { text } : {}),
    }
  })
}
