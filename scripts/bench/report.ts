import type { Commit, Commits } from './commits.ts'
import type { Fleet } from './fleet.ts'
import type { LedgerCheck } from './ledger.ts'
import type { Sample } from './measure.ts'
import type { Idle, Roll } from './rounds.ts'

export interface ReportInput {
  readonly rolls: readonly Roll[]
  readonly idle: Idle
  readonly commits: Commits
  readonly fleet: Fleet
  readonly ledger: LedgerCheck
  readonly machine: string
  readonly date: string
}

/** docs/benchmarks.md, numbers and all; nothing in it is typed in by hand. */
export function renderReport({ rolls, idle, commits, fleet, ledger, machine, date }: ReportInput): string {
  const rows = rolls.map(({ leaves, runs, keyroller, agent }) => {
    const [mine, theirs] = [keyroller, agent].map(
      ({ wallS, peakMb }) => `${wallS.toFixed(2)} s, ${peakMb.toFixed(0)} MB`,
    )
    const ratios = [keyroller.wallS / agent.wallS, keyroller.cpuS / agent.cpuS].map((ratio) =>
      ratio.toFixed(2),
    )
    return `| ${leaves} | ${runs} | ${mine} | ${theirs} | ${ratios[0]} | ${ratios[1]} |`
  })
  const ratio = (idle.keyroller.cpuS / idle.node.cpuS).toFixed(2)
  const [mine, bare] = [idle.keyroller, idle.node].map(
    ({ cpuS, peakMb }) => `${(cpuS * 1000).toFixed(0)} ms CPU, ${peakMb.toFixed(0)} MB`,
  )
  return `# Benchmarks

Made by \`npm run bench -- --save\` on ${date}: ${machine}. Whole processes, medians, both programs in turn on the same
server (Vault 1.21.1, in-memory storage, TLS, EC P-256). Each run starts with its outputs removed.

| leaves | runs | keyroller: key and fullchain each | Vault Agent: one PEM each | wall ratio | CPU ratio |
|---|---|---|---|---|---|
${rows.join('\n')}

keyroller makes every key on the host, judges every answer, proves the paths beforehand, syncs files and journal to disk,
and revokes its token; Vault Agent has the server make the keys and does none of these. Its outputs are one file each,
keyroller's are two.

A run with nothing due, two materials: ${mine}; bare Node: ${bare}; CPU ratio ${ratio} (${idle.runs} rounds of five).

The commit of files alone (staged, journal, renames, everything synced, journal gone), replacing older ones, in one warm process
on ${commits.fileSystem}, medians:

| materials | files each | fsyncs at a time | rounds | time |
|---|---|---|---|---|
${commits.all.map(commitRow).join('\n')}

The cards of a fleet of ${fleet.hosts} hosts, each signed with a certificate of its own, read and judged 16 at a time: \`fleet status\`
${describeSample(fleet.status)}; \`fleet verify\`, which asks for the card before as well, ${describeSample(fleet.verify)}.

${renderLedger(ledger)}`
}

export function renderLedger({ entries, signatures, verify }: LedgerCheck): string {
  const what = `${entries} entries with ${signatures} signatures`
  return `\`ledger verify\` over ${what}, the file in the cache: ${describeSample(verify)}.\n`
}

function describeSample({ wallS, cpuS, peakMb }: Sample): string {
  return `${wallS.toFixed(1)} s, ${cpuS.toFixed(1)} s CPU, ${peakMb.toFixed(0)} MB`
}

function commitRow({ sets, files, syncsAtOnce, rounds, medianMs }: Commit): string {
  const took = medianMs < 100 ? `${medianMs.toFixed(1)} ms` : `${(medianMs / 1000).toFixed(2)} s`
  return `| ${sets} | ${files} | ${syncsAtOnce} | ${rounds} | ${took} |`
}
