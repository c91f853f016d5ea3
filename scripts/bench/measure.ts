import { readFile } from 'node:fs/promises'
import { must } from '../../test/rig/command.ts'

/** One whole process, by the kernel's account of it (getrusage(2) through GNU time). */
export interface Sample {
  readonly wallS: number
  readonly cpuS: number
  readonly peakMb: number
}

/** Runs a command that must succeed. */
export async function measure(argv: readonly string[], timeFile: string): Promise<Sample> {
  await must(['/usr/bin/time', '-f', '%e %U %S %M', '-o', timeFile, ...argv], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME },
    timeoutMs: 120_000,
  })
  const [wall = 0, user = 0, system = 0, peakKb = 0] = (await readFile(timeFile, 'utf8'))
    .trim()
    .split(' ')
    .map(Number)
  return { wallS: wall, cpuS: user + system, peakMb: peakKb / 1024 }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const [low = Number.NaN, high = Number.NaN] = [
    sorted[sorted.length % 2 === 0 ? middle - 1 : middle],
    sorted[middle],
  ]
  return (low + high) / 2
}

export function medianSample(samples: readonly Sample[]): Sample {
  return {
    wallS: median(samples.map(({ wallS }) => wallS)),
    cpuS: median(samples.map(({ cpuS }) => cpuS)),
    peakMb: median(samples.map(({ peakMb }) => peakMb)),
  }
}
