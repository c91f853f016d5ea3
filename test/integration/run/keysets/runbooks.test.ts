/** Every runbook of a shared keyset, followed cold: its commands are typed as the page has them, on hosts that share a real Vault. */
import { readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { run } from '../../../rig/command.ts'
import { type Host, keyrollerCommand } from '../../../rig/host.ts'
import {
  KEYSET_PATH,
  type KeysetFleet,
  keysDir,
  startHost,
  startKeysetFleet,
} from '../../../rig/keysets/keyset-fleet.ts'
import { followRunbook, type Shell } from '../../../rig/runbook.ts'
import { vaultBinary } from '../../../rig/vault-server.ts'

const PAGES = join(import.meta.dirname, '../../../../docs/runbooks')
const FOLLOWED = ['quarterly-rotation', 'emergency-rotation', 'legal-hold']

let fleet: KeysetFleet
const shells: Record<string, Shell> = {}
beforeAll(async () => {
  fleet = await startKeysetFleet(['web1', 'web2'], keysetOf)
  for (const host of fleet.hosts) shells[nameOf(host)] = await shellOn(host)
  shells.ops = await operatorShell()
})
afterAll(() => fleet?.stop())

beforeEach(async () => {
  await fleet.admin.remove(`kv/metadata/${KEYSET_PATH}`)
  for (const host of fleet.hosts) await begin(host)
  // The first card of each says what it knows.
  for (const host of fleet.hosts) expect(await host.keyroller(['renew'])).toMatchObject({ exit: 0 })
})

test.each(FOLLOWED)('%s', async (name) => {
  await followRunbook(page(name), shells)
})

test('adding-a-host', async () => {
  const host = await startHost('web3', fleet, keysetOf)
  await followRunbook(page('adding-a-host'), { ...shells, web3: await shellOn(host) })
  // It is not there for the page after this one.
  await fleet.admin.remove('kv/metadata/keyroller/fleet/agent-web3.prod.privsec.ch')
})

test('losing-a-host', async () => {
  await followRunbook(page('losing-a-host'), shells)
})

function page(name: string): string {
  return readFileSync(join(PAGES, `${name}.md`), 'utf8')
}

function keysetOf(host: Host) {
  return {
    ...{ kind: 'ed25519', publish_ahead: '1s', longest_lifetime: '1h', refresh_every: '1s' },
    files: { jwks: join(keysDir(host), 'jwks.json'), private_jwks: join(keysDir(host), 'private.json') },
  }
}

/** As it was installed: nothing of the keyset is there, nor remembered. */
async function begin(host: Host): Promise<void> {
  for (const dir of [host.stateDir, keysDir(host)]) {
    await rm(dir, { recursive: true })
    await mkdir(dir, { mode: 0o700 })
  }
}

/** What root has on a host: `keyroller`, with the configuration where it belongs. */
async function shellOn(host: Host): Promise<Shell> {
  const bin = join(host.dir, 'bin')
  await mkdir(bin)
  const program = keyrollerCommand()
    .map((word) => `'${word}'`)
    .join(' ')
  await writeFile(join(bin, 'keyroller'), `#!/bin/sh\nexec ${program} "$@" --config '${host.configFile}'\n`, {
    mode: 0o755,
  })
  return shellWith([bin], {})
}

async function operatorShell(): Promise<Shell> {
  const { address, caFile, rootToken } = fleet.vault
  const environment = { VAULT_ADDR: address, VAULT_CACERT: caFile, VAULT_TOKEN: rootToken }
  const bin = join(fleet.dir, 'ops')
  await mkdir(bin)
  await writeFile(join(bin, 'vault'), `#!/bin/sh\nexec '${await vaultBinary()}' "$@"\n`, { mode: 0o755 })
  return shellWith([bin], environment)
}

function shellWith(bins: readonly string[], environment: Readonly<Record<string, string>>): Shell {
  const { PATH = '', HOME } = process.env
  const path = [...bins, dirname(process.execPath), PATH].join(':')
  return (command) =>
    run(['sh', '-u', '-c', command], { env: { ...environment, HOME, PATH: path }, timeoutMs: 60_000 })
}

function nameOf({ apps: [app] }: Host): string {
  return app?.name ?? ''
}
