import { expect, test } from 'vitest'
import { hostPort } from '../../../src/core/host-port.ts'

test.each([
  ['127.0.0.1', '127.0.0.1:443'],
  ['web.example', 'web.example:443'],
  ['::1', '[::1]:443'],
  ['2001:db8::7', '[2001:db8::7]:443'],
])('%s', (host, text) => {
  expect(hostPort({ host, port: 443 })).toBe(text)
})
