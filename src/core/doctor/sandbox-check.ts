import type { Check, Flaw } from './finding.ts'
import { type Access, accessOf } from './sandbox.ts'

const WORDS: Record<Exclude<Access, 'writable'>, string> = {
  'read-only': 'it read-only',
  hidden: 'it hidden',
  private: 'an empty one of its own',
}

/** A run by hand is not in the sandbox, so what works there may fail by timer. The effective settings count, drop-ins and all. */
export const sandboxCheck: Check = ({ host, systemd, uid }) => {
  const service = systemd?.service
  // A user's manager has no right to make such a sandbox, and keeps its state elsewhere.
  if (!host || uid !== 0 || service?.loadState !== 'loaded') return undefined
  return host.directories.flatMap(({ path }): Flaw[] => {
    const access = accessOf(path, service.sandbox)
    if (access === 'writable') return []
    return [
      {
        severity: 'fail',
        subject: path,
        expected: 'keyroller.service to write there',
        found: WORDS[access],
        fix: `systemctl edit keyroller.service: [Service] ${settingFor(access, path)}`,
      },
    ]
  })
}

function settingFor(access: Access, path: string): string {
  switch (access) {
    case 'hidden':
    case 'private':
      return `BindPaths=${path}`
    case 'read-only':
    case 'writable':
      return `ReadWritePaths=${path}`
  }
}
