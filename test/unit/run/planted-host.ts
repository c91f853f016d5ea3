/** A small host whose certificate lies on disk, signed by an authority of openssl that the host trusts. */
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Observation } from '../../../src/core/facts.ts'
import { EMPTY_MEMORY } from '../../../src/core/memory.ts'
import { observe } from '../../../src/run/observing/observe.ts'
import { makeAuthority, type Pair } from '../../rig/openssl-authority.ts'
import { type SmallHost, smallHost } from './small-host.ts'

/** Two pairs of one name; making them takes a while. */
export interface Pairs {
  readonly caPem: string
  readonly pair: Pair
  readonly other: Pair
}

export async function makePairs(): Promise<Pairs> {
  const authority = await makeAuthority()
  const options = { commonName: 'app.example', names: 'DNS:app.example' }
  const [pair, other] = [await authority.issue(options), await authority.issue(options)]
  await authority.remove()
  return { caPem: authority.caPem, pair, other }
}

export interface PlantedHost {
  readonly root: string
  readonly small: SmallHost
  readonly keyPath: string
  readonly fullchainPath: string
  readonly observeAll: () => Observation
  readonly remove: () => Promise<void>
}

export async function plantHost({ caPem, pair }: Pairs): Promise<PlantedHost> {
  const root = await mkdtemp(join(tmpdir(), 'keyroller-observe-'))
  const small = smallHost(root)
  const [keyPath, fullchainPath] = [join(root, 'app/key.pem'), join(root, 'app/fullchain.pem')]
  writeFileSync(join(root, 'ca.pem'), caPem)
  writeFileSync(keyPath, pair.keyPem, { mode: 0o600 })
  writeFileSync(fullchainPath, pair.certPem)
  return {
    ...{ root, small, keyPath, fullchainPath },
    observeAll: () => observe({ ...small, memory: EMPTY_MEMORY, nowMs: Date.now() }),
    remove: () => rm(root, { recursive: true }),
  }
}
