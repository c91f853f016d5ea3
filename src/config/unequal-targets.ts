/** One target named by several materials: it is told once for all of them, so there is one way to tell it. */
import { DEFAULT_SETTLE_MS, type ReloadTarget } from '../core/consumers/target.ts'
import { formatDuration } from '../core/duration.ts'
import type { Material } from '../core/material.ts'
import type { Report } from './problem.ts'

/** Another signal, or a restart instead of a reload, is another target: its text says so. */
export function reportUnequalTargets(materials: readonly Material[], report: Report): void {
  const first = new Map<string, { readonly target: ReloadTarget; readonly at: string }>()
  for (const { kind, name, reload } of materials) {
    for (const [index, target] of reload.entries()) {
      const path = [kind, name, 'reload', `${index}`]
      const known = first.get(target.text)
      if (!known) first.set(target.text, { target, at: path.join('.') })
      else reportUnequal(known, target, path, report)
    }
  }
}

function reportUnequal(
  { target: known, at }: { readonly target: ReloadTarget; readonly at: string },
  target: ReloadTarget,
  path: readonly string[],
  report: Report,
): void {
  const unequal = Object.entries(OPTIONS).filter(([, read]) => read(known) !== read(target))
  if (unequal.length === 0) return
  const say = (one: ReloadTarget) => unequal.map(([key, read]) => `${key} ${read(one)}`).join(', ')
  report(path, `${target.text} with ${say(known)}, as in ${at}`, say(target))
}

/** As they are written, or the default. */
const OPTIONS: Readonly<Record<string, (target: ReloadTarget) => string>> = {
  timeout: ({ timeoutMs }) => formatDuration(timeoutMs),
  settle: ({ settleMs = DEFAULT_SETTLE_MS }) => formatDuration(settleMs),
  retries: ({ retries = 0 }) => `${retries}`,
  delay: ({ delayMs }) => (delayMs === undefined ? 'none' : formatDuration(delayMs)),
  order: ({ order = 0 }) => `${order}`,
  restart: (target) => ('restart' in target && target.restart) || 'never',
  ca_file: (target) => ('caFile' in target && target.caFile) || 'none',
}
