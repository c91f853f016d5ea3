/** A real Prometheus on a free port of 127.0.0.1. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startBackground } from './background.ts'
import { freePort } from './free-port.ts'
import { waitFor } from './wait-for.ts'

export interface Prometheus {
  readonly ask: (expr: string, atSeconds?: number) => Promise<Series[]>
  readonly askRange: (
    expr: string,
    range: { readonly start: number; readonly end: number; readonly step: number },
  ) => Promise<Series[]>
  readonly stop: () => Promise<void>
}

export interface Series {
  readonly labels: Readonly<Record<string, string>>
  /** Seconds since 1970, and the value then; of an instant query one. */
  readonly points: readonly (readonly [number, number])[]
}

/** Returns when it is ready. Its data is in `data` of the folder, where there may be some already. */
export async function startPrometheus(folder: string, config: object): Promise<Prometheus> {
  const configFile = join(folder, 'prometheus.json')
  await writeFile(configFile, JSON.stringify(config))
  const port = await freePort()
  const argv = [
    'prometheus',
    `--config.file=${configFile}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ] as const
  const server = startBackground(argv, { logFile: join(folder, 'log'), env: { PATH: process.env.PATH } })
  const base = `http://127.0.0.1:${port}`
  try {
    await waitFor('Prometheus is ready', async () => (await fetch(`${base}/-/ready`)).ok)
  } catch (error) {
    await server.stop()
    throw error
  }
  return {
    ask: (query, time) => askFor(`${base}/api/v1/query`, { query, ...(time === undefined ? {} : { time }) }),
    askRange: (query, range) => askFor(`${base}/api/v1/query_range`, { query, ...range }),
    stop: server.stop,
  }
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
