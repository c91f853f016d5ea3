/**
 * Scenario S1 for a symmetric data key: under legal hold what was encrypted once can be decrypted after every rotation, and the key is never on
 * a disk of the host: its store is Vault, its file lies in memory.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Host } from '../../../rig/host.ts'
import { configureKeyset, type KeysetFleet, startKeysetFleet } from '../../../rig/keysets/keyset-fleet.ts'

const TMPFS_MAGIC = 0x0102_1994

let fleet: KeysetFleet
let memory: string
let old: Sealed
beforeAll(async () => {
  memory = mkdtempSync('/dev/shm/keyroller-data-key-')
  expect(statfsSync(memory).type).toBe(TMPFS_MAGIC)
  fleet = await startKeysetFleet(['data'], () => keysetOf({ legal_hold: 'case 4711' }))
})
afterAll(async () => {
  rmSync(memory, { recursive: true, force: true })
  await fleet?.stop()
})

test('1. data is encrypted with the first version', async () => {
  expect(await host().keyroller(['renew'])).toMatchObject({ exit: 0 })
  old = seal('kept for the case', keys()[0])
  expect(keys().map((key) => open(old, key))).toEqual(['kept for the case'])
})

test('2. rotated twice, each time without any grace: under hold it is decrypted still, with a key that is in use no more', async () => {
  for (const version of [2, 3]) {
    const { exit, stdout } = await host().keyroller([
      'keyset',
      'rotate',
      'tokens',
      '--now',
      '--grace',
      '0',
      '--yes',
    ])
    expect(exit, stdout).toBe(0)
    expect(keys()).toHaveLength(version)
  }
  const [inUse, ...others] = keys()
  expect(open(old, inUse)).toBeUndefined()
  expect(others.map((key) => open(old, key)).filter((text) => text !== undefined)).toEqual([
    'kept for the case',
  ])
})

test('3. none of its keys is in any file on a disk of this host', () => {
  const secrets = readFileSync(list(), 'utf8').trim().split('\n')
  const files = readdirSync(host().dir, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  )
  expect(files.length).toBeGreaterThan(5)
  for (const { parentPath, name } of files) {
    const content = readFileSync(join(parentPath, name))
    for (const secret of secrets) {
      expect(content.includes(secret)).toBe(false)
      expect(content.includes(Buffer.from(secret, 'base64'))).toBe(false)
    }
  }
})

test('4. released from the hold, what was in use no more is gone for consumers', async () => {
  await configureKeyset(host(), keysetOf({}))
  expect(await host().keyroller(['renew', '--now', 'tokens'])).toMatchObject({ exit: 0 })
  expect(keys()).toHaveLength(1)
  expect(keys().map((key) => open(old, key))).toEqual([undefined])
})

function keysetOf(changes: { readonly legal_hold?: string }) {
  const life = { publish_ahead: '1s', longest_lifetime: '1s', accept_for: '1h' }
  return {
    kind: 'aes-256',
    ephemeral: true,
    ...life,
    refresh_every: '1s',
    ...changes,
    files: { list: list() },
  }
}

function host(): Host {
  const [one] = fleet.hosts
  if (!one) throw new Error('no host')
  return one
}

function list(): string {
  return join(memory, 'data-keys')
}

/** The one in use first. */
function keys(): Buffer[] {
  const lines = readFileSync(list(), 'utf8').trim().split('\n')
  return lines.map((line) => Buffer.from(line, 'base64'))
}

interface Sealed {
  readonly nonce: Buffer
  readonly text: Buffer
  readonly tag: Buffer
}

function seal(text: string, key: Buffer | undefined): Sealed {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key ?? '', nonce)
  return { nonce, text: Buffer.concat([cipher.update(text), cipher.final()]), tag: cipher.getAuthTag() }
}

function open({ nonce, text, tag }: Sealed, key: Buffer | undefined): string | undefined {
  const decipher = createDecipheriv('aes-256-gcm', key ?? '', nonce)
  decipher.setAuthTag(tag)
  try {
    return Buffer.concat([decipher.update(text), decipher.final()]).toString()
  } catch {
    return undefined
  }
}
