import { readTrustedFile } from '../../config/trusted-file.ts'
import { formatMoment } from '../../core/duration.ts'
import { EXIT_CODES } from '../../core/exit-codes.ts'
import type { FleetCard } from '../../core/fleet/card.ts'
import type { FleetReport } from '../../core/fleet/host-report.ts'
import { knownCards } from '../../core/fleet/known-cards.ts'
import { paint } from '../../report/paint.ts'
import { type CommonOptions, type Edge, printJson, printLines, takesEscapes } from '../edge.ts'
import { fleetLines } from '../fleet-table.ts'
import { openProgress } from '../progress.ts'
import { type AddVerb, configFor, newVerb, OPERATOR_EXITS, TOKEN } from '../verb.ts'

interface FleetOptions extends CommonOptions {
  readonly token?: string
  readonly known?: string
  readonly bad?: boolean
}

export const addFleet: AddVerb = (program, edge, finish) => {
  const fleet = program
    .command('fleet')
    .description(
      'every host that leaves a card: versions, rungs, what ends next, and whether that can be believed',
    )
  newVerb(fleet, {
    name: 'status',
    summary: 'read every card and tell what it says',
    example: 'keyroller fleet status --bad',
    exits: OPERATOR_EXITS,
  })
    .option('--token <file>', TOKEN)
    .option('--bad', 'only hosts that are not ready')
    .action(async (options: FleetOptions) => {
      await show(options, false, edge)
      finish(0)
    })
  newVerb(fleet, {
    name: 'verify',
    summary:
      'the same, each card also held against the one before; fails on what cannot be believed or is silent',
    example: 'keyroller fleet verify --known yesterday.json',
    exits: `12 a card is not what it should be; ${OPERATOR_EXITS}`,
  })
    .option('--token <file>', TOKEN)
    .option('--bad', 'only hosts that are not ready')
    .option(
      '--known <file>',
      'what fleet status --json printed earlier: no host may be gone, no ledger shorter',
    )
    .action(async (options: FleetOptions) => {
      const { hosts } = await show(options, true, edge)
      finish(hosts.every(({ findings }) => findings.length === 0) ? 0 : EXIT_CODES.verify.code)
    })
}

async function show(options: FleetOptions, withBefore: boolean, edge: Edge): Promise<FleetReport> {
  const { readFleet } = await import('../../run/fleet/read-fleet.ts')
  const { host, signal, stdout } = edge
  const progress = openProgress(edge, 'cards')
  const report = await readFleet({
    ...{ config: configFor(options, edge), host, signal, tokenFile: options.token },
    ...{ withBefore, known: knownFrom(options, edge), progress: progress.tell },
  }).finally(progress.end)
  const hosts = options.bad ? report.hosts.filter(({ state }) => state !== 'ready') : report.hosts
  const nowMs = host.clock()
  if (options.json) printJson(stdout, { schema: 1, at: formatMoment(nowMs), counts: report.counts, hosts })
  else printLines(stdout, fleetLines({ ...report, hosts }, nowMs, paint(takesEscapes(stdout, edge))))
  return report
}

function knownFrom({ known }: FleetOptions, { host }: Edge): ReadonlyMap<string, FleetCard> {
  return known === undefined ? new Map() : knownCards(readTrustedFile(known, host.uid), known)
}
