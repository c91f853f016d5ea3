/** The rounds of the benchmark: both programs in turn, A B A B, so that a drifting machine is fair to both. */
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { keyrollerCommand } from '../../test/rig/host.ts'
import { vaultBinary } from '../../test/rig/vault-server.ts'
import { layOut } from './layout.ts'
import { measure, medianSample, type Sample } from './measure.ts'

export interface Roll {
  readonly leaves: number
  readonly runs: number
  readonly keyroller: Sample
  readonly agent: Sample
}

export interface Idle {
  readonly runs: number
  readonly keyroller: Sample
  readonly node: Sample
}

/** One warm-up of each, then `runs` pairs. */
export async function measureRolls(dir: string, leaves: number, runs: number): Promise<Roll> {
  await mkdir(dir, { recursive: true })
  const layout = await layOut(dir, leaves)
  const timeFile = join(dir, 'time')
  const agent = [await vaultBinary(), 'agent', '-config', layout.agentConfig]
  const keyroller = [...keyrollerCommand(), 'renew', '--config', layout.keyrollerConfig]
  const samples: { keyroller: Sample[]; agent: Sample[] } = { keyroller: [], agent: [] }
  try {
    for (let round = 0; round <= runs; round += 1) {
      const mine = await fresh(layout.outputs, () => measure(keyroller, timeFile))
      await layout.check('keyroller')
      const theirs = await fresh(layout.outputs, () => measure(agent, timeFile))
      await layout.check('agent')
      if (round === 0) continue
      samples.keyroller.push(mine)
      samples.agent.push(theirs)
    }
  } finally {
    await layout.stop()
  }
  return { leaves, runs, keyroller: medianSample(samples.keyroller), agent: medianSample(samples.agent) }
}

async function fresh(outputs: string, work: () => Promise<Sample>): Promise<Sample> {
  await rm(outputs, { recursive: true, force: true })
  await mkdir(outputs, { recursive: true })
  return work()
}

/** A run with nothing due, two materials, against the runtime doing nothing at all. */
export async function measureIdle(dir: string, runs: number): Promise<Idle> {
  await mkdir(dir, { recursive: true })
  const layout = await layOut(dir, 1)
  const timeFile = join(dir, 'time')
  const keyroller = [...keyrollerCommand(), 'renew', '--config', layout.keyrollerConfig]
  const node = [join(import.meta.dirname, '../../node_modules/.bin/node'), '-e', '0']
  const samples: { keyroller: Sample[]; node: Sample[] } = { keyroller: [], node: [] }
  try {
    await mkdir(layout.outputs, { recursive: true })
    await measure(keyroller, timeFile)
    for (let round = 0; round < runs; round += 1) {
      samples.keyroller.push(await measureMany(keyroller, timeFile))
      samples.node.push(await measureMany(node, timeFile))
    }
  } finally {
    await layout.stop()
  }
  return { runs, keyroller: medianSample(samples.keyroller), node: medianSample(samples.node) }
}

/** GNU time counts in hundredths of a second, too coarse for one such run: five in a row, divided. */
async function measureMany(argv: readonly string[], timeFile: string): Promise<Sample> {
  const loop = ['/bin/sh', '-c', 'for i in 1 2 3 4 5; do "$@" >/dev/null || exit; done', 'sh', ...argv]
  const { wallS, cpuS, peakMb } = await measure(loop, timeFile)
  return { wallS: wallS / 5, cpuS: cpuS / 5, peakMb }
}
