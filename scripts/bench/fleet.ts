/** A fleet of ten thousand hosts, each with a certificate and a card of its own, read and judged from a real KV engine. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { forEachBounded } from '../../src/core/concurrency.ts'
import { cardOf, cardPayload } from '../../src/core/fleet/card.ts'
import { signJws } from '../../src/x509/jws.ts'
import { keyrollerCommand } from '../../test/rig/host.ts'
import { vaultAdmin } from '../../test/rig/vault-admin.ts'
import { startVault, type VaultServer, vaultBinary } from '../../test/rig/vault-server.ts'
import { authority, type Issued, issue, type Order } from '../../test/unit/x509/authority.ts'
import { measure, type Sample } from './measure.ts'

export interface Fleet {
  readonly hosts: number
  readonly status: Sample
  readonly verify: Sample
}

/** Two cards of every host, so that `verify` has one before to hold it against. */
export async function measureFleet(dir: string, hosts: number): Promise<Fleet> {
  await mkdir(dir, { recursive: true })
  const vault = await startVault({ dir: join(dir, 'vault'), binary: await vaultBinary(), storage: 'inmem' })
  try {
    const life = { notBeforeMs: Date.now() - 86_400_000, notAfterMs: Date.now() + 86_400_000 }
    const root = await authority('Fleet Root CA', life)
    const config = await layOut(dir, vault, root)
    await writeCards(vault, { issuer: root, ...life }, hosts)
    const read = (verb: string) =>
      measure([...keyrollerCommand(), 'fleet', verb, '--bad', ...config], join(dir, 'time'))
    return { hosts, status: await read('status'), verify: await read('verify') }
  } finally {
    await vault.stop()
  }
}

async function layOut(dir: string, vault: VaultServer, root: Issued): Promise<string[]> {
  const [config, token, trustFile] = ['keyroller.toml', 'token', 'root.pem'].map((name) => join(dir, name))
  if (!config || !token || !trustFile) throw new Error('no paths')
  await writeFile(trustFile, root.certPem)
  await writeFile(token, vault.rootToken, { mode: 0o600 })
  const written = `
[vault]
address = "${vault.address}"
ca_file = "${vault.caFile}"
[renewal]
concurrency = 16
[fleet]
trust_file = "${trustFile}"
[host]
state_dir = "${join(dir, 'state')}"
runtime_dir = "${join(dir, 'run')}"
`
  await writeFile(config, written, { mode: 0o644 })
  return ['--config', config, '--token', token]
}

async function writeCards(
  vault: VaultServer,
  order: Omit<Order, 'commonName'>,
  hosts: number,
): Promise<void> {
  const admin = vaultAdmin(vault, vault.rootToken)
  await admin.write('sys/mounts/secret', { type: 'kv', options: { version: '2' } })
  const names = Array.from({ length: hosts }, (_, index) => `host-${index}.example.org`)
  await forEachBounded(names, 16, async (name) => {
    const { keyPem, parsed } = await issue({ commonName: name, ...order })
    for (const seq of [1, 2]) {
      const card = signJws(cardPayload(cardFor(name, seq)), keyPem, [parsed])
      await admin.write(`secret/data/keyroller/fleet/${name}`, { data: { card } })
    }
  })
}

function cardFor(name: string, seq: number) {
  return cardOf({
    ...{ name, everyMs: 21_600_000, version: '0.1.0', server: '1.21.1', skew: [], exit: 0 },
    ...{ statuses: [], interrupted: false, owed: 0, ledger: { seq, hash: `${seq}`.repeat(64) } },
    nowMs: Date.now(),
    keysets: [],
  })
}
