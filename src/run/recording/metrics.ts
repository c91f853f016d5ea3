/** The metrics of a look, and the file in which node_exporter finds them. */

import type { HostConfig } from '../../core/host-config.ts'
import { renderFamilies } from '../../core/status/exposition.ts'
import { type MetricsInput, metricsOf } from '../../core/status/metrics.ts'
import { replaceFile } from '../../files/replace-file.ts'
import type { Host } from '../host.ts'
import type { LookResult } from '../observing/look.ts'
import { statuses } from '../statuses.ts'

export function renderMetrics(
  config: HostConfig,
  { version, nodeVersion }: Host,
  seen: LookResult,
  run?: MetricsInput['run'],
): string {
  const { memory, interrupted } = seen
  const input = { statuses: statuses(config, seen), memory, interrupted, version, nodeVersion }
  return renderFamilies(metricsOf({ ...input, ...(run ? { run } : {}) }))
}

/** Throws `files-refused` and `files-failed`. */
export function saveMetrics(path: string, text: string): void {
  replaceFile(path, text, 0o644)
}
