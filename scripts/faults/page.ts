/** docs/reload-faults.md, made of the table that the contract suite holds keyroller to. */
import { EXIT_CODES } from '../../src/core/exit-codes.ts'
import { FAULT_TABLE, type FaultKind } from '../../test/integration/reload/faults/fault-table.ts'
import {
  BOUNDS,
  type Cell,
  FAULTS,
  type Fault,
  type FaultRow,
  OUTCOMES,
  type Outcome,
} from '../../test/integration/reload/faults/words.ts'

const FORMS: Readonly<Record<FaultKind, string>> = {
  'podman-name': '`podman:NAME`',
  'podman-label': '`podman:label=KEY`',
  'docker-name': '`docker:NAME`',
  'docker-label': '`docker:label=KEY`',
  'podman-exec': '`podman:NAME?exec=[…]`',
  systemd: '`systemd:UNIT`',
  exec: '`exec`',
  signal: '`signal:PIDFILE`',
  socket: '`socket`',
  http: '`http://…`, `https://…`',
}

/** The whole page; the same table gives the same page. */
export function renderFaultPage(): string {
  const rows = [...groupedRows()]
  return [
    HEAD,
    table(
      ['target', ...Object.values(FAULTS)],
      rows.map(([row, forms]) => [forms, ...cellsOf(row).map(([, cell]) => wordOf(cell))]),
    ),
    OUTCOME_HEAD,
    table(['outcome', 'means', 'owed', 'exit'], Object.entries(OUTCOMES).map(describeOutcome)),
    BOUND_HEAD,
    table(
      ['within', 'means'],
      Object.entries(BOUNDS).map(([name, { means }]) => [name, means]),
    ),
    ...rows.flatMap(([row, forms]) => [`## ${forms}\n`, table(COLUMNS, cellsOf(row).map(describeCell))]),
  ].join('\n')
}

/** Kinds that have one row between them are told together. */
function groupedRows(): Map<FaultRow, string> {
  const rows = new Map<FaultRow, string>()
  for (const [kind, row] of Object.entries(FAULT_TABLE) as [FaultKind, FaultRow][]) {
    const known = rows.get(row)
    rows.set(row, known === undefined ? FORMS[kind] : `${known}, ${FORMS[kind]}`)
  }
  return rows
}

function cellsOf(row: FaultRow): [Fault, Cell][] {
  return (Object.keys(FAULTS) as Fault[]).map((fault) => [fault, row[fault]])
}

function wordOf(cell: Cell): string {
  return 'cannot' in cell ? '–' : `\`${cell.outcome}\``
}

function describeOutcome([name, { means, ...rest }]: [string, (typeof OUTCOMES)[Outcome]]): string[] {
  return [`\`${name}\``, means, ...consequenceOf(rest)]
}

function consequenceOf({ owed, exit }: Pick<(typeof OUTCOMES)[Outcome], 'owed' | 'exit'>): string[] {
  return [owed ? 'yes' : 'no', `${exit ? EXIT_CODES[exit].code : 0}`]
}

const COLUMNS = ['fault', 'how it shows', 'outcome', 'owed', 'exit', 'within', 'the run says']

function describeCell([fault, cell]: [Fault, Cell]): string[] {
  if ('cannot' in cell) return [FAULTS[fault], `cannot be: ${cell.cannot}`, '–', '–', '–', '–', '–']
  const { how, outcome, within, says } = cell
  return [
    FAULTS[fault],
    how,
    `\`${outcome}\``,
    ...consequenceOf(OUTCOMES[outcome]),
    within,
    `\`… ${says} …\``,
  ]
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
  return `${lines.join('\n')}\n`
}

const HEAD = `# Faults of reload targets

What a run makes of a consumer that cannot be told, for every kind of target and every fault. One consumer with a fault stops no
other: it alone is owed, the rest are told and looked at in the same run.

This page is made by \`npm run docs:faults\` from the table that \`test/integration/reload/faults\` holds keyroller to, each cell by a
whole run; it is not written by hand. What a target is: [reload.md](reload.md). What \`–\` stands for is said below, target by target.
`

const OUTCOME_HEAD = `## Outcomes

What is owed is told again by later runs, without another certificate, as [reload.md](reload.md#owed-reloads) says. The exit code
is that of a run in which nothing else is wrong ([exit-codes.md](exit-codes.md)).
`

const BOUND_HEAD = `## How long

Beside what the run takes itself. Whatever a consumer does, finding out whom to tell takes no longer than the \`timeout\` of the
target, and telling each of them no longer again.
`
