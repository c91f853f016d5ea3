/** A real Prometheus over a past that was made up. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Family, renderFamilies } from '../../src/core/status/exposition.ts'
import { must } from '../../test/rig/command.ts'
import { type Prometheus, startPrometheus } from '../../test/rig/prometheus.ts'
import type { Scrape } from './fleet.ts'

/** It has scraped what it is given, and scrapes nothing more. */
export async function startOver(folder: string, scrapes: readonly Scrape[]): Promise<Prometheus> {
  const [past, data] = [join(folder, 'past'), join(folder, 'data')]
  await mkdir(data)
  await writeFile(past, openMetricsOf(scrapes))
  await must(['promtool', 'tsdb', 'create-blocks-from', 'openmetrics', '--quiet', past, data])
  return startPrometheus(folder, {})
}

/** The text format with a moment at each sample, and the end that OpenMetrics asks for. */
function openMetricsOf(scrapes: readonly Scrape[]): string {
  const lines = scrapes.flatMap(({ instance, atMs, families }) =>
    renderFamilies(families.map((family) => asScraped(family, instance)))
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => `${line} ${atMs / 1000}\n`),
  )
  return `${lines.join('')}# EOF\n`
}

function asScraped(family: Family, instance: string): Family {
  const samples = family.samples.map(({ labels, value }) => ({
    labels: { instance, job: 'node', ...labels },
    value,
  }))
  return { ...family, samples }
}
