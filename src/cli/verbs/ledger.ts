import { EXIT_CODES } from '../../core/exit-codes.ts'
import { describeEntry } from '../../core/ledger/describe-entry.ts'
import type { Entry } from '../../core/ledger/entry.ts'
import { type EntryFilter, parseHead, parseSince, selectEntries } from '../../core/ledger/select-entries.ts'
import { type Paint, paint } from '../../report/paint.ts'
import type { LedgerAnswer } from '../../run/ledger/verify-ledger.ts'
import { type CommonOptions, type Edge, printJson, printLines, takesEscapes } from '../edge.ts'
import { type AddVerb, configFor, newVerb } from '../verb.ts'

interface ShowOptions extends CommonOptions {
  readonly material?: string
  readonly since?: string
  readonly run?: string
  readonly n: number
  readonly deliveries?: boolean
}

interface VerifyOptions extends CommonOptions {
  readonly from: number
  readonly head: readonly string[]
  readonly signer: readonly string[]
}

const EXITS = '3 configuration; 4 the ledger cannot be read'

export const addLedger: AddVerb = (program, edge, finish) => {
  const ledger = program
    .command('ledger')
    .description('what was done on this host, by whom and why, each entry chained to the one before')
  newVerb(ledger, {
    name: 'show',
    summary: 'the latest entries',
    example: 'keyroller ledger show --material web --since 7d',
    exits: EXITS,
  })
    .option('--material <name>', 'only entries that name it: NAME or KIND/NAME, configured still or not')
    .option('--since <when>', 'only later ones: 7d, or 2026-11-25T02:00:00Z')
    .option('--run <id>', 'only those of one run; the beginning of its id is enough')
    .option('--deliveries', 'who was handed which credential, which has a ledger of its own')
    .option('-n <count>', 'how many, the latest; 0 is all', Number, 50)
    .action(async (options: ShowOptions) => {
      await show(options, edge)
      finish(0)
    })
  newVerb(ledger, {
    name: 'verify',
    summary: 'find the first entry that is not as it was written, or is missing',
    example: 'keyroller ledger verify --head 4711:5f0c…',
    exits: `12 an entry is bad or missing; ${EXITS}`,
  })
    .argument('[file...]', 'these files, in order; default: those of this host')
    .option('--from <seq>', 'the first entry there is, where earlier files were archived', Number, 1)
    .option('--head <seq:hash>', 'known from elsewhere, such as the journal; may be repeated', collect, [])
    .option('--signer <name>', 'common name of an identity that is configured no longer', collect, [])
    .action(async (files: string[], options: VerifyOptions) => finish(await verify(files, options, edge)))
  newVerb(ledger, {
    name: 'export',
    summary: 'every entry as it was written, one a line: certificates of the signers are in the signatures',
    example: 'keyroller ledger export > ledger.jsonl',
    exits: EXITS,
  }).action(async (options: CommonOptions) => {
    const { readTexts } = await import('../../run/ledger/read-entries.ts')
    for (const texts of inBatches(readTexts(configFor(options, edge)))) printLines(edge.stdout, texts)
    finish(0)
  })
}

function collect(value: string, before: readonly string[]): string[] {
  return [...before, value]
}

/** So many lines as one write. */
const BATCH_LINES = 1000

function* inBatches(lines: Iterable<string>): Generator<string[]> {
  let batch: string[] = []
  for (const line of lines) {
    batch.push(line)
    if (batch.length < BATCH_LINES) continue
    yield batch
    batch = []
  }
  yield batch
}

async function show(options: ShowOptions, edge: Edge): Promise<void> {
  const filter = filterOf(options, edge)
  const entries = selectEntries(await entriesOf(options, edge), filter)
  if (options.json) return printJson(edge.stdout, { schema: 1, entries })
  const color = paint(takesEscapes(edge.stdout, edge))
  printLines(edge.stdout, entries.length > 0 ? entries.map((one) => row(one, color)) : ['no entries'])
}

function filterOf({ material, since, run, n }: ShowOptions, { host }: Edge): EntryFilter {
  return {
    ...(material === undefined ? {} : { material }),
    ...(since === undefined ? {} : { sinceMs: parseSince(since, host.clock()) }),
    ...(run === undefined ? {} : { run }),
    ...(n > 0 ? { last: n } : {}),
  }
}

const BAD: ReadonlySet<string> = new Set(['failed', 'refused', 'gap', 'torn'])

function row(entry: Entry, color: Paint): string {
  const { word, text } = describeEntry(entry)
  const padded = word.padEnd(9)
  const isBad = BAD.has(word)
  const shown = isBad ? color.red(padded) : word === 'done' ? color.green(padded) : padded
  return `${String(entry.seq).padStart(6)}  ${entry.at}  ${entry.run.slice(0, 8)}  ${shown}  ${text}`
}

async function verify(
  files: readonly string[],
  { from, head, signer, ...options }: VerifyOptions,
  edge: Edge,
): Promise<number> {
  const { verifyLedger } = await import('../../run/ledger/verify-ledger.ts')
  const question = { files, from, heads: head.map(parseHead), signers: signer }
  const answer = verifyLedger(configFor(options, edge), edge.host, question)
  const pass = answer.fault === undefined
  if (options.json) printJson(edge.stdout, { schema: 1, pass, ...answer })
  else printLines(edge.stdout, verdictLines(answer, paint(takesEscapes(edge.stdout, edge))))
  return pass ? 0 : EXIT_CODES.verify.code
}

function verdictLines(answer: LedgerAnswer, color: Paint): string[] {
  const { entries, head, fault, files, gaps, isTorn } = answer
  const count = `${entries} ${entries === 1 ? 'entry' : 'entries'} in ${files.length} ${files.length === 1 ? 'file' : 'files'}`
  return [
    ...(fault
      ? [`${color.red('FAIL')}  entry ${fault.seq}: ${fault.kind}: ${fault.message}${placeOf(fault)}`]
      : []),
    `${color.green('pass')}  ${count}${head ? `, up to ${head.seq}:${head.hash}` : ''}`,
    `${color.green('pass')}  ${signatureText(answer)}`,
    ...gaps.map(({ seq, message }) => `note  entry ${seq}: gap: ${message}`),
    ...(isTorn ? ['note  the last line is cut off, as by a crash; the next run makes an entry of that'] : []),
    ...(answer.heads === 0 ? ['note  no head is known from elsewhere: a tail cut off would not show'] : []),
  ]
}

function placeOf({ file, line }: NonNullable<LedgerAnswer['fault']>): string {
  return file === undefined ? '' : ` (${file} line ${line})`
}

function signatureText({ checkpoints, signed, head }: LedgerAnswer): string {
  if (!signed) return 'nothing is signed yet'
  const rest = (head?.seq ?? signed.seq) - signed.seq
  const unsigned = rest === 0 ? '' : `, ${rest} after it unsigned`
  return `${checkpoints} signatures, the last at entry ${signed.seq} by ${signed.identity}${unsigned}`
}

async function entriesOf(options: ShowOptions, edge: Edge): Promise<Iterable<Entry>> {
  const { readEntries } = await import('../../run/ledger/read-entries.ts')
  const config = configFor(options, edge)
  if (!options.deliveries) return readEntries(config)
  const { deliveriesDir } = await import('../../run/delivery/deliveries-dir.ts')
  return readEntries({ stateDir: deliveriesDir(config) })
}
