/** What only the server can say, and how far everybody's version is from it. */
import { formatDuration } from '../duration.ts'
import { FAULTS } from '../errors.ts'
import type { SkewVerdict } from '../status/skew.ts'
import type { Check, Flaw } from './finding.ts'

export const serverCheck: Check = ({ server }) => {
  if (!server) return undefined
  const { fault } = server
  if (!fault) return []
  const expected = 'a server that answers, is trusted and unsealed'
  return [{ severity: 'fail', subject: 'vault', expected, found: fault.message, fix: fault.hint }]
}

/** More than the second in which the server tells its time, and the way there and back. */
const SOON_MS = 5000
/** Vault dates a certificate back by 30 s by default (`not_before_duration`); a clock further behind calls it not yet valid. */
const LIMIT_MS = 30_000

export const clockCheck: Check = ({ server }) => {
  if (server?.offsetMs === undefined) return undefined
  const { offsetMs } = server
  const apartMs = Math.abs(offsetMs)
  if (apartMs < SOON_MS) return []
  const found = `it ${formatDuration(apartMs)} ${offsetMs > 0 ? 'behind' : 'ahead'}`
  const expected = `within ${SOON_MS / 1000} s of the server`
  const fix = 'timedatectl; systemctl enable --now systemd-timesyncd, or chronyd'
  return [{ severity: apartMs < LIMIT_MS ? 'warn' : 'fail', subject: 'the clock', expected, found, fix }]
}

export const loginCheck: Check = ({ server }) => {
  if (!server || server.logins.length === 0) return undefined
  return server.logins.flatMap(({ subject, message, fault }): Flaw[] => {
    if (fault === undefined) return []
    return [
      {
        severity: 'fail',
        subject,
        expected: 'what it needs from the server',
        found: message,
        fix: FAULTS[fault].hint,
      },
    ]
  })
}

/** What a host may not see says nothing against the server. */
export const serverSideCheck: Check = ({ server }) => {
  const seen = server?.serverSide.filter(({ state }) => state !== 'unseen') ?? []
  if (seen.length === 0) return undefined
  return seen
    .filter(({ state }) => state === 'drift')
    .map(({ subject, message }) => ({
      severity: 'fail',
      subject,
      expected: 'what this host needs on the server',
      found: message,
      fix: 'keyroller vault plan, then keyroller vault apply, with a token that may',
    }))
}

/** Skew breaks nothing by itself; it is to be seen before it does. */
const HARMLESS: ReadonlySet<SkewVerdict> = new Set(['same', 'patch', 'unknown'])

export const skewCheck: Check = ({ skew }) => {
  if (!skew || skew.every(({ verdict }) => verdict === 'unknown')) return undefined
  return skew
    .filter(({ verdict }) => !HARMLESS.has(verdict))
    .map(({ subject, version, verdict, message }) => ({
      severity: 'warn',
      subject,
      expected: 'a version tested with the server, or near it',
      found: `${version}, ${verdict}: ${message}`,
      fix: 'upgrade what is older; keyroller skew',
    }))
}
