import { describe, expect, test } from 'vitest'
import { readVaultEnvironment } from '../../../src/config/environment.ts'
import { load, problems, SOUND, VAULT } from './written.ts'

describe('what the environment says of the server', () => {
  test('wins over the file', () => {
    const { vault } = load(
      SOUND,
      {},
      {
        VAULT_ADDR: 'https://other.example.com:8200/',
        VAULT_CACERT: '/etc/other-ca.pem',
        VAULT_TLS_SERVER_NAME: 'vault.internal',
        VAULT_NAMESPACE: 'team-a/',
      },
    )
    expect(vault).toEqual({
      addresses: ['https://other.example.com:8200'],
      caFile: '/etc/other-ca.pem',
      serverName: 'vault.internal',
      namespace: 'team-a/',
      timeoutMs: 30_000,
    })
  })

  test('is enough where the file says nothing', () => {
    const env = { BAO_ADDR: 'https://bao.example.com', BAO_CACERT: '/etc/bao-ca.pem' }
    expect(problems('', {}, env)).toEqual([])
  })

  test.each([
    ['VAULT_ alone', { VAULT_ADDR: 'https://v' }, 'https://v'],
    ['BAO_ before VAULT_', { VAULT_ADDR: 'https://v', BAO_ADDR: 'https://b' }, 'https://b'],
    [
      'an empty BAO_ hides VAULT_',
      { VAULT_ADDR: 'https://v', BAO_ADDR: '' },
      'https://vault.example.com:8200',
    ],
    ['an empty VAULT_ says nothing', { VAULT_ADDR: '' }, 'https://vault.example.com:8200'],
  ])('%s', (_, env, address) => expect(load(VAULT, {}, env).vault.addresses[0]).toBe(address))

  test.each([
    [
      'VAULT_ADDR',
      'http://vault:8200',
      'an https:// address without path, like https://vault.example.com:8200',
    ],
    [
      'BAO_ADDR',
      'https://vault:8200/v1',
      'an https:// address without path, like https://vault.example.com:8200',
    ],
    ['VAULT_CACERT', 'ca.pem', 'an absolute path without . or .. or doubled slashes'],
    ['BAO_TLS_SERVER_NAME', 'a b', 'a DNS name'],
    ['VAULT_NAMESPACE', 'a\r\nX-Evil: 1', 'a namespace like team-a or team-a/web'],
  ])('%s=%s is a problem of the environment', (name, value, expected) => {
    expect(problems(SOUND, {}, { [name]: value })).toEqual([
      `environment: ${name}: expected ${expected}, found ${JSON.stringify(value)}`,
    ])
  })

  test('nothing else is read: no token, no way to switch verification off', () => {
    const env = {
      VAULT_TOKEN: 'hvs.SECRET',
      VAULT_SKIP_VERIFY: 'true',
      VAULT_CLIENT_KEY: '/k',
      HTTPS_PROXY: 'http://p',
    }
    expect(readVaultEnvironment(env)).toEqual({ said: {}, problems: [] })
  })
})
