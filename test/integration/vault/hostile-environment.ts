/** Run by environment.test.ts in an environment that asks for everything keyroller must not do. */
import { readFileSync } from 'node:fs'
import { openVault } from '../../../src/vault/open-vault.ts'
import { SIGN } from './sign-request.ts'

const given = JSON.parse(readFileSync(0, 'utf8'))
const vault = openVault(
  { addresses: [given.address], caFile: 'ca.pem', timeoutMs: 5000 },
  { caPem: given.caPem, concurrency: 2, version: '1.2.3', signal: new AbortController().signal },
)
try {
  await vault.health()
  const session = await vault.login({ login: { authMount: 'cert', mapping: 'agent-app' }, pair: given.pair })
  await session.sign(SIGN)
  await session.revoke()
  console.log('ok')
} catch (error) {
  console.log(error instanceof Error && 'code' in error ? error.code : error)
}
