/** A ledger of a hundred thousand entries, a signature at the end of each run, verified by a whole process. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'smol-toml'
import { checkpointPayload } from '../../src/core/ledger/checkpoint.ts'
import type { EntryBody } from '../../src/core/ledger/entry.ts'
import { type LedgerHead, NO_ENTRY } from '../../src/core/ledger/head.ts'
import { sealEntry } from '../../src/core/ledger/seal.ts'
import { signJws } from '../../src/x509/jws.ts'
import { keyrollerCommand } from '../../test/rig/host.ts'
import { bodiesOfRun, sha256 } from '../../test/unit/core/ledger/sealed-lines.ts'
import { authority, issue } from '../../test/unit/x509/authority.ts'
import { measure, medianSample, type Sample } from './measure.ts'

export interface LedgerCheck {
  readonly entries: number
  readonly signatures: number
  readonly verify: Sample
}

const ROUNDS = 5
const IDENTITY = 'identity/app'

export async function measureLedger(dir: string, runs: number): Promise<LedgerCheck> {
  await mkdir(dir, { recursive: true })
  const lines = await ledgerLines(dir, runs)
  const file = join(dir, 'ledger.jsonl')
  await writeFile(file, `${lines.join('\n')}\n`)
  const argv = [...keyrollerCommand(), 'ledger', 'verify', file, '--config', join(dir, 'keyroller.toml')]
  const samples: Sample[] = []
  // The first brings file and program into the cache.
  for (let round = 0; round <= ROUNDS; round += 1) samples.push(await measure(argv, join(dir, 'time')))
  return { entries: lines.length, signatures: runs, verify: medianSample(samples.slice(1)) }
}

/** As many entries a run as renewing an identity and a leaf makes, the last one a signature with a chain of two. */
async function ledgerLines(dir: string, runs: number): Promise<string[]> {
  const root = await authority('Ledger Root CA', LIFE)
  const between = await authority('Ledger CA', { issuer: root, ...LIFE })
  const { keyPem, parsed } = await issue({ commonName: 'agent-app', issuer: between, ...LIFE })
  await configure(dir, root.certPem)
  const lines: string[] = []
  let head: LedgerHead = { seq: 0, hash: NO_ENTRY }
  for (let run = 0; run < runs; run += 1) {
    for (const body of longRun(run)) {
      const place = { at: '2026-11-25T02:00:00Z', host: 'host-a', run: '0123456789abcdef' }
      const signed = { ...place, seq: head.seq + 1, prev: head.hash }
      const sealed = sealEntry(
        body.kind === 'checkpoint'
          ? { ...body, jws: signJws(checkpointPayload(signed, IDENTITY), keyPem, [parsed, between.parsed]) }
          : body,
        head,
        place,
        sha256,
      )
      lines.push(sealed.line)
      head = sealed.head
    }
  }
  return lines
}

function longRun(index: number): EntryBody[] {
  const [run, intent, outcome, checkpoint] = bodiesOfRun(index)
  if (!run || !intent || !outcome || !checkpoint) throw new Error('no bodies')
  return [run, ...Array.from({ length: 6 }, () => [intent, outcome]).flat(), checkpoint]
}

const LIFE = {
  notBeforeMs: Date.parse('2026-11-01T00:00:00Z'),
  notAfterMs: Date.parse('2027-11-01T00:00:00Z'),
}

async function configure(dir: string, rootPem: string): Promise<void> {
  const trustFile = join(dir, 'root.pem')
  await writeFile(trustFile, rootPem)
  const app = {
    ...{ mapping: 'agent-app', role: 'agent', common_name: 'agent-app' },
    files: { key: join(dir, 'agent.key'), cert: join(dir, 'agent.crt') },
  }
  const config = {
    vault: { address: 'https://127.0.0.1:8200', ca_file: trustFile },
    pki: { mount: 'pki', trust_file: trustFile },
    host: { state_dir: join(dir, 'state'), runtime_dir: join(dir, 'run') },
    identity: { app },
  }
  await writeFile(join(dir, 'keyroller.toml'), stringify(config), { mode: 0o644 })
}
