/** The ledger of this host against itself, against the authorities its signatures lead to, and against what is known of its end. */
import { join } from 'node:path'
import type { HostConfig } from '../../core/host-config.ts'
import { type ChainReport, verifyChain } from '../../core/ledger/chain.ts'
import type { LedgerHead } from '../../core/ledger/head.ts'
import { isCount, isText, shape } from '../../core/shape.ts'
import { readOwnFile } from '../../files/own/own-file.ts'
import { ledgerPaths, readLedgerFiles } from '../../files/own/read-ledger.ts'
import type { Host } from '../host.ts'
import { openMemory } from '../recording/memory-store.ts'
import { checkpointJudge } from './checkpoint-judge.ts'
import { ledgerHost } from './ledger.ts'

export interface LedgerQuestion {
  /** Empty: the files of this host, which then are held against what it remembers too. */
  readonly files: readonly string[]
  /** `seq` of the first entry there is. */
  readonly from: number
  /** Known from elsewhere, such as the journal. */
  readonly heads: readonly LedgerHead[]
  /** Common names that may have signed, beside those of the configured identities. */
  readonly signers: readonly string[]
}

export interface LedgerAnswer extends ChainReport {
  readonly files: readonly string[]
  /** How many heads were known. */
  readonly heads: number
}

/** Needs no lock: what is known of the end is read first, and the ledger only grows. Throws `ledger-failed`. */
export function verifyLedger(config: HostConfig, host: Host, question: LedgerQuestion): LedgerAnswer {
  const isOwn = question.files.length === 0
  const heads = [...question.heads, ...(isOwn ? rememberedHeads(config) : [])]
  const files = isOwn ? ledgerPaths(config.stateDir) : question.files
  const report = verifyChain(readLedgerFiles(files), {
    from: question.from,
    heads,
    checkpointFault: checkpointJudge(config, host, question.signers),
    ...(isOwn ? { host: ledgerHost(host.hostId) } : {}),
  })
  return { ...report, files, heads: heads.length }
}

/** From the state, and from the status in the runtime directory: whoever cuts the ledger has to know of both. */
function rememberedHeads({ stateDir, runtimeDir }: HostConfig): LedgerHead[] {
  const remembered = openMemory(stateDir).current().ledger?.head
  const told = headOf(readOwnFile(join(runtimeDir, 'status.json')))
  return [remembered, told].filter((head) => head !== undefined)
}

const isHead = shape<LedgerHead>({ seq: isCount, hash: isText })

function headOf(status: string | undefined): LedgerHead | undefined {
  try {
    const { ledger } = JSON.parse(status ?? '{}')
    return isHead(ledger) ? { seq: ledger.seq, hash: ledger.hash } : undefined
  } catch {
    return undefined
  }
}
