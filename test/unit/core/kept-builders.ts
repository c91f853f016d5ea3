/** Sets that were replaced and kept. */
import { type KeptSet, keptSetName } from '../../../src/core/kept-set.ts'
import { DAY_MS, HOUR_MS, NOW_MS } from './builders.ts'

/** What was kept of `certificate/web` an hour ago, issued a day before the certificate of `leaf`. */
export function kept(
  changes: Partial<Omit<KeptSet, 'fileName'>> & { readonly serial?: string } = {},
): KeptSet {
  const { serial = '4a10', ...rest } = changes
  const certificate = {
    serial,
    notBeforeMs: NOW_MS - 16 * DAY_MS,
    notAfterMs: NOW_MS + 14 * DAY_MS,
  }
  const set = { material: 'certificate/web', keptAtMs: NOW_MS - HOUR_MS, certificate, ...rest } as const
  return { ...set, fileName: keptSetName(set) }
}

/** The same, but nobody can read a certificate from it. */
export function keptUnread(changes: Partial<Omit<KeptSet, 'fileName' | 'certificate'>> = {}): KeptSet {
  const { certificate: _, fileName: __, ...set } = kept(changes)
  return { ...set, fileName: keptSetName(set) }
}
