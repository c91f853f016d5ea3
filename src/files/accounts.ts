import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { WantedOwner } from '../core/facts.ts'
import type { Principal } from '../core/file-spec.ts'

/** Turns configured owners into numbers, each name looked up once. */
export interface Accounts {
  resolve(owner: Principal, group: Principal): WantedOwner
}

export interface Self {
  readonly uid: number
  readonly gid: number
}

/**
 * Names come from /etc/passwd and /etc/group; what is not there is asked of getent(1), which knows LDAP and the rest of
 * nsswitch.conf(5) but costs a process. Without a group, an owner given by name brings its own primary group.
 */
export function openAccounts(self: Self): Accounts {
  const users = lookup('passwd')
  const groups = lookup('group')
  return {
    resolve(owner, group) {
      const user = owner.kind === 'name' ? users(owner.name) : undefined
      if (owner.kind === 'name' && !user) return { state: 'unknown', why: `no account ${owner.name}` }
      const gid =
        group.kind === 'name'
          ? groups(group.name)?.id
          : group.kind === 'id'
            ? group.id
            : (user?.group ?? self.gid)
      if (gid === undefined) return { state: 'unknown', why: `no group ${nameOf(group)}` }
      const uid = user?.id ?? (owner.kind === 'id' ? owner.id : self.uid)
      return { state: 'resolved', uid, gid }
    },
  }
}

interface Account {
  readonly id: number
  /** Primary group; of passwd entries only. */
  readonly group?: number
}

function lookup(database: 'passwd' | 'group'): (name: string) => Account | undefined {
  const known = new Map<string, Account | undefined>()
  let local: string | undefined
  return (name) => {
    if (known.has(name)) return known.get(name)
    local ??= readFileSync(`/etc/${database}`, 'utf8')
    const account = findEntry(local, name) ?? findEntry(askNameService(database, name), name)
    known.set(name, account)
    return account
  }
}

/** passwd(5): name:password:uid:gid:…; group(5): name:password:gid:members. */
function findEntry(text: string, name: string): Account | undefined {
  const line = text.split('\n').find((one) => one.startsWith(`${name}:`))
  const [, , id, group] = line?.split(':') ?? []
  if (!id || !/^\d+$/.test(id)) return undefined
  return { id: Number(id), ...(group && /^\d+$/.test(group) ? { group: Number(group) } : {}) }
}

function askNameService(database: string, name: string): string {
  const asked = spawnSync('/usr/bin/getent', [database, name], { encoding: 'utf8', timeout: 5000, env: {} })
  return asked.status === 0 ? asked.stdout : ''
}

function nameOf(principal: Principal): string {
  return principal.kind === 'name' ? principal.name : principal.kind
}
