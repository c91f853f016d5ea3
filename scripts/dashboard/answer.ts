/** Asks for a panel what Grafana asks for it: the last value, or the time range of the dashboard, of all hosts. */
import { parseDuration } from '../../src/core/duration.ts'
import type { Prometheus, Series } from '../../test/rig/prometheus.ts'
import type { Answer, Dashboard, Panel } from './panel.ts'

const STEP_SECONDS = 600

/** Throws when there is no data for it: the invented fleet is to show every panel. */
export async function answerPanel(
  prometheus: Prometheus,
  { time }: Dashboard,
  panel: Panel,
  endMs: number,
): Promise<Answer> {
  const toSeconds = endMs / 1000
  const fromSeconds = toSeconds - (parseDuration(time.from.replace('now-', '')) ?? Number.NaN) / 1000
  const found: Series[] = []
  for (const { expr } of panel.targets) {
    const query = expr.replaceAll('$instance', '.*')
    const series =
      panel.type === 'timeseries'
        ? await prometheus.askRange(query, { start: fromSeconds, end: toSeconds, step: STEP_SECONDS })
        : await prometheus.ask(query, toSeconds)
    found.push(...series)
  }
  if (found.length === 0) throw new Error(`panel ${panel.title}: expected data, found none`)
  return { panel, series: inOrder(panel, found), fromSeconds, toSeconds }
}

/** Prometheus answers in no order of its own; a table that has one sorts by its value. */
function inOrder({ options }: Panel, series: readonly Series[]): Series[] {
  const [by] = options.sortBy ?? []
  const named = [...series].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
  return by ? named.sort((a, b) => (lastOf(a) - lastOf(b)) * (by.desc ? -1 : 1)) : named
}

function nameOf({ labels }: Series): string {
  return JSON.stringify(labels)
}

/** The last value of a series. */
export function lastOf({ points }: Series): number {
  return points.at(-1)?.[1] ?? Number.NaN
}
