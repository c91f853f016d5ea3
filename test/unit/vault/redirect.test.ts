import { expect, test } from 'vitest'
import { parseEndpoint } from '../../../src/vault/endpoint.ts'
import { redirectPath } from '../../../src/vault/redirect.ts'

const endpoint = parseEndpoint('https://vault.example.com:8200', undefined)

test.each([
  ['/v1/there', '/v1/there'],
  ['https://vault.example.com:8200/v1/there?x=1', '/v1/there?x=1'],
  ['there', '/v1/sys/there'],
  ['//vault.example.com:8200/v1/there', '/v1/there'],
])('%s stays within the address', (location, path) => {
  expect(redirectPath(endpoint, answer(307, location), '/v1/sys/health', 0)).toBe(path)
})

test.each([
  ['https://other.example.com:8200/v1', 'one to https://other.example.com:8200'],
  ['https://vault.example.com/v1', 'one to https://vault.example.com'],
  ['https://vault.example.com.evil.example:8200/v1', 'one to https://vault.example.com.evil.example:8200'],
  ['https://vault.example.com:8200@evil.example/v1', 'one to https://evil.example'],
  ['//evil.example/v1', 'one to https://evil.example'],
  ['/\\evil.example/v1', 'one to https://evil.example'],
  ['http://vault.example.com:8200/v1', 'one to http://vault.example.com:8200'],
  ['javascript:alert(1)', 'one to null'],
  ['https://[', 'one to no URL'],
])('%s is refused', (location, found) => {
  expect(() => redirectPath(endpoint, answer(307, location), '/v1/sys/health', 0)).toThrow(
    expect.objectContaining({
      code: 'vault-answer-invalid',
      message: expect.stringContaining(`found ${found}`),
    }),
  )
})

test.each([300, 301, 302, 303, 304])('status %i would change the method', (statusCode) => {
  expect(() => redirectPath(endpoint, answer(statusCode, '/v1/there'), '/v1', 0)).toThrow(
    `found status ${statusCode}`,
  )
})

test('a second hop is refused', () => {
  expect(() => redirectPath(endpoint, answer(308, '/v1/there'), '/v1', 1)).toThrow('found a second one')
})

function answer(statusCode: number, location: string) {
  return { kind: 'answer', statusCode, headers: { location }, text: '' } as const
}
