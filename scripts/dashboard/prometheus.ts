/** A real Prometheus over a past that was made up. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Family, renderFamilies } from '../../src/core/status/exposition.ts'
import { startBackground } from '../../test/rig/background.ts'
import { must } from '../../test/rig/command.ts'
import { freePort } from '../../test/rig/free-port.ts'
import { waitFor } from '../../test/rig/wait-for.ts'
import type { Scrape } from './fleet.ts'
import type { Series } from './panel.ts'

export interface Prometheus {
  readonly ask: (expr: string, atSeconds: number) => Promise<Series[]>
  readonly askRange: (expr: string, fromSeconds: number, toSeconds: number) => Promise<Series[]>
  readonly stop: () => Promise<void>
}

const STEP_SECONDS = 600

/** On a free port of 127.0.0.1, with its data in the folder. It has scraped what it is given and scrapes nothing more. */
export async function startPrometheus(folder: string, scrapes: readonly Scrape[]): Promise<Prometheus> {
  const [past, data] = [join(folder, 'past'), join(folder, 'data')]
  await mkdir(data)
  await writeFile(past, openMetricsOf(scrapes))
  await must(['promtool', 'tsdb', 'create-blocks-from', 'openmetrics', '--quiet', past, data])
  await writeFile(join(folder, 'config.json'), '{}')
  const port = await freePort()
  const server = startBackground(
    [
      'prometheus',
      `--config.file=${folder}/config.json`,
      `--storage.tsdb.path=${data}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { logFile: join(folder, 'log'), env: { PATH: process.env.PATH } },
  )
  const base = `http://127.0.0.1:${port}`
  await waitFor('Prometheus is ready', async () => (await fetch(`${base}/-/ready`)).ok).catch(
    async (error) => {
      await server.stop()
      throw error
    },
  )
  return {
    ask: (query, time) => askFor(`${base}/api/v1/query`, { query, time }),
    askRange: (query, start, end) =>
      askFor(`${base}/api/v1/query_range`, { query, start, end, step: STEP_SECONDS }),
    stop: server.stop,
  }
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

interface ApiAnswer {
  readonly error?: string
  readonly data?: {
    readonly result: readonly {
      readonly metric: Record<string, string>
      readonly value?: readonly [number, string]
      readonly values?: readonly (readonly [number, string])[]
    }[]
  }
}

async function askFor(url: string, query: Readonly<Record<string, string | number>>): Promise<Series[]> {
  const parameters = Object.entries(query).map(([name, value]) => [name, String(value)])
  const answer = await fetch(`${url}?${new URLSearchParams(parameters)}`, {
    signal: AbortSignal.timeout(10_000),
  })
  const { data, error } = (await answer.json()) as ApiAnswer
  if (!data) throw new Error(`${query.query}: ${error}`)
  return data.result.map(({ metric, value, values = value ? [value] : [] }) => ({
    labels: metric,
    points: values.map(([at, text]) => [at, Number(text)] as const),
  }))
}
