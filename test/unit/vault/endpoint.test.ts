import { expect, test } from 'vitest'
import { parseEndpoint, sniOf } from '../../../src/vault/endpoint.ts'

test('an address is taken apart', () => {
  expect(parseEndpoint('https://Vault.example.com:8200/', undefined)).toEqual({
    origin: 'https://vault.example.com:8200',
    address: 'https://vault.example.com:8200',
    label: 'vault.example.com:8200',
    hostname: 'vault.example.com',
    port: 8200,
    expectedName: 'vault.example.com',
  })
})

test('port, prefix and an IPv6 host', () => {
  expect(parseEndpoint('https://[::1]/vault/', undefined)).toMatchObject({
    address: 'https://[::1]/vault',
    hostname: '::1',
    port: 443,
    expectedName: '::1',
  })
})

test('the configured server name is expected instead of the host', () => {
  const endpoint = parseEndpoint('https://127.0.0.1:22400', 'vault.example.com')
  expect(endpoint).toMatchObject({ hostname: '127.0.0.1', expectedName: 'vault.example.com' })
  expect(sniOf(endpoint)).toBe('vault.example.com')
})

test.each(['https://127.0.0.1:22400', 'https://[::1]:22400'])('%s sends no SNI', (address) => {
  expect(sniOf(parseEndpoint(address, undefined))).toBe('')
})

test.each([
  ['http://127.0.0.1:8200', 'http'],
  ['unix:///run/vault.sock', 'unix'],
  ['vault.example.com', 'no URL'],
  ['', 'no URL'],
  ['https://user:canary@vault.example.com', 'credentials in it'],
  ['https://vault.example.com?x=1', 'a query or fragment in it'],
  ['https://vault.example.com#x', 'a query or fragment in it'],
  ['https://vault.example.com/a%2fb', 'a path with other characters'],
])('%s is refused', (address, found) => {
  expect(() => parseEndpoint(address, undefined)).toThrow(
    expect.objectContaining({
      code: 'config-invalid',
      message: `vault address: expected https://host:port, found ${found}`,
    }),
  )
})
