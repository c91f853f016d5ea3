import { join } from 'node:path'
import { formatMoment } from '../core/duration.ts'
import type { HostConfig } from '../core/material.ts'
import type { RunResult } from '../core/run-events.ts'
import { saveOwnFile } from '../files/own-file.ts'
import type { Host } from './host.ts'
import { look } from './look.ts'
import { statuses, statusJson } from './statuses.ts'

/**
 * Leaves what `keyroller status --json` would say in the runtime directory, for whoever may not read keys. Only after a run
 * that did something: with nothing due the file is as it was. Not durable: the directory is gone after a reboot anyway.
 */
export async function saveStatus(
  config: HostConfig,
  host: Host,
  result: RunResult,
  exit: number,
): Promise<void> {
  const seen = look(config, host, { force: false })
  const run = { exit, startedAt: formatMoment(result.startedMs), endedAt: formatMoment(result.endedMs) }
  const text = `${JSON.stringify({ ...statusJson(statuses(config, seen), seen), lastRun: run }, null, 2)}\n`
  await saveOwnFile({ path: join(config.runtimeDir, 'status.json'), text, mode: 0o644, durable: false })
}
