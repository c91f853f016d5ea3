/** The dashboard before a real Prometheus: every expression is one, and finds what keyroller writes. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { renderFamilies } from '../../../src/core/status/exposition.ts'
import { metricsOf } from '../../../src/core/status/metrics.ts'
import { type Prometheus, startPrometheus } from '../../rig/prometheus.ts'
import { waitFor } from '../../rig/wait-for.ts'
import { everything } from '../../unit/core/metrics-input.ts'

interface Dashboard {
  readonly panels: readonly {
    readonly id: number
    readonly title: string
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
    readonly targets: readonly { readonly expr: string }[]
  }[]
  readonly templating: { readonly list: readonly { readonly query: string | { readonly query: string } }[] }
}

const file = join(import.meta.dirname, '../../../packaging/grafana/keyroller.json')
const { panels, templating }: Dashboard = JSON.parse(readFileSync(file, 'utf8'))
const expressions = panels.flatMap(({ title, targets }) =>
  targets.map(({ expr }): [string, string] => [title, expr.replaceAll('$instance', '.*')]),
)
const known = metricsOf(everything()).map(({ name }) => name)

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyroller-grafana-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

test('every expression parses', () => {
  const rules = expressions.map(([, expr], index) => ({ record: `panel:${index}`, expr }))
  const path = join(folder, 'panels.json')
  writeFileSync(path, JSON.stringify({ groups: [{ name: 'panels', rules }] }))
  const said = execFileSync('promtool', ['check', 'rules', path], { encoding: 'utf8', timeout: 30_000 })
  expect(said).toContain(`SUCCESS: ${panels.length} rules found`)
})

test('they speak of metrics that there are, and of nearly all', () => {
  const queries = templating.list.map(({ query }) => (typeof query === 'string' ? query : query.query))
  const texts = [...expressions.map(([, expr]) => expr), ...queries]
  const used = new Set(texts.flatMap((text) => text.match(/keyroller_\w+/g) ?? []))
  expect([...used].filter((name) => !known.includes(name))).toEqual([])
  expect(known.filter((name) => !used.has(name))).toEqual([
    'keyroller_interrupted',
    'keyroller_owed_reload_retry_timestamp_seconds',
    'keyroller_material_owed_reloads',
    'keyroller_material_last_attempt_timestamp_seconds',
  ])
})

test('no two panels lie on each other, or outside', () => {
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
  )
  expect(new Set(cells).size).toBe(cells.length)
  expect(panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true)
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
})

test('Prometheus answers each with data', async () => {
  const { ask } = await prometheusOver(renderFamilies(metricsOf(everything())))
  await waitFor('the metrics are there', async () => (await ask('keyroller_build_info')).length > 0)
  for (const [title, expr] of expressions)
    expect([title, (await ask(expr)).length > 0]).toEqual([title, true])
})

/** One that scrapes these metrics every second. */
async function prometheusOver(metrics: string): Promise<Prometheus> {
  const exporter = createServer((_, response) => response.end(metrics))
  await new Promise<void>((resolve) => exporter.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    exporter.close()
    exporter.closeAllConnections()
  })
  const { port } = exporter.address() as AddressInfo
  const scrape = {
    job_name: 'node',
    scrape_interval: '1s',
    static_configs: [{ targets: [`127.0.0.1:${port}`] }],
  }
  const prometheus = await startPrometheus(folder, { scrape_configs: [scrape] })
  onTestFinished(prometheus.stop)
  return prometheus
}
