/** A host whose keysets are its own: no Vault, and a clock that a test sets by the day. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'smol-toml'
import type { KeysetRecord } from '../../../src/core/keysets/record.ts'
import type { Finished } from '../command.ts'
import { type KeyrollerOptions, runKeyroller } from '../host.ts'
import type { ConfigTable } from '../host-config.ts'

export interface LoneHost {
  readonly dir: string
  readonly configFile: string
  readonly stateDir: string
  /** A path in its folder. */
  readonly at: (name: string) => string
  /** Writes the configuration anew: the tables of its keysets, and what else there is. */
  readonly configure: (keysets: Readonly<Record<string, ConfigTable>>, more?: ConfigTable) => void
  readonly keyroller: (args: readonly string[], options?: KeyrollerOptions) => Promise<Finished>
  /** The same so many days from now; before now is below 0. */
  readonly onDay: (day: number, args: readonly string[], options?: KeyrollerOptions) => Promise<Finished>
  readonly recordPath: (keyset: string) => string
  readonly record: (keyset: string) => KeysetRecord
  /** `active retiring archived`, by rising number. */
  readonly life: (keyset: string) => string
  /** A program that a keyset is configured with; gives its path. */
  readonly program: (name: string, script: string) => string
  readonly remove: () => void
}

export function loneHost(): LoneHost {
  const dir = mkdtempSync(join(tmpdir(), 'keyroller-keysets-'))
  const at = (name: string) => join(dir, name)
  for (const name of ['keys', 'state', 'run']) mkdirSync(at(name), { mode: 0o700 })
  const configFile = at('keyroller.toml')
  const keyroller = (args: readonly string[], options: KeyrollerOptions = {}) =>
    runKeyroller([...args, '--config', configFile], options)
  const recordPath = (keyset: string) => at(`state/keysets/${keyset}.json`)
  const record = (keyset: string): KeysetRecord => JSON.parse(readFileSync(recordPath(keyset), 'utf8'))
  return {
    ...{ dir, configFile, stateDir: at('state'), at, keyroller, recordPath, record },
    configure: (keysets, more = {}) =>
      writeFileSync(configFile, stringify({ ...configOf(dir), ...more, keyset: keysets }), { mode: 0o600 }),
    onDay: (day, args, options = {}) => {
      const under = ['faketime', '-f', `${day < 0 ? '' : '+'}${day}d`, ...(options.under ?? [])]
      return keyroller(args, { ...options, under })
    },
    life: (keyset) =>
      record(keyset)
        .document.versions.map((one) => (one.state === 'retired' && one.fate?.what) || one.state)
        .join(' '),
    program: (name, script) => {
      writeFileSync(at(name), `#!/bin/sh\n${script}\n`)
      chmodSync(at(name), 0o755)
      return at(name)
    },
    remove: () => rmSync(dir, { recursive: true }),
  }
}

function configOf(dir: string): ConfigTable {
  return {
    vault: { address: 'https://127.0.0.1:1', ca_file: '/etc/ssl/certs/ca-certificates.crt' },
    host: { state_dir: join(dir, 'state'), runtime_dir: join(dir, 'run') },
  }
}
