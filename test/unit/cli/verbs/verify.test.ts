import { describe, expect, test } from 'vitest'
import { stage } from '../stage.ts'

describe('verify', () => {
  test('every line passes or fails, and one that fails decides the exit code', async () => {
    const { keyroller } = await stage()
    const { exit, stdout } = await keyroller('verify web')
    expect(exit).toBe(12)
    expect(stdout.split('\n')).toEqual([
      'pass  certificate/web: file: ~/web.key is there, as configured',
      'pass  certificate/web: file: ~/web.pem is there, as configured',
      'pass  certificate/web: key: the private key belongs to the certificate',
      'pass  certificate/web: expiry: 15d left',
      'pass  certificate/web: subject: CN = web.example',
      'pass  certificate/web: chain: leads to ~/root.pem',
      'FAIL  server: server: 127.0.0.1:9: connection refused, nothing listens there',
      'FAIL  identity/agent: login: identity/agent: 127.0.0.1:9: connection refused, nothing listens there',
      '6 pass, 2 fail',
      '',
    ])
  })

  test('as JSON', async () => {
    const { keyroller } = await stage()
    const { exit, stdout } = await keyroller('verify --json agent')
    expect(exit).toBe(12)
    expect(JSON.parse(stdout)).toMatchObject({
      pass: false,
      lines: expect.arrayContaining([
        {
          subject: 'identity/agent',
          check: 'chain',
          pass: true,
          message: 'its files keep no intermediates; it was judged when issued',
        },
      ]),
    })
  })
})
