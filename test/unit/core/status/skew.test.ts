import { describe, expect, test } from 'vitest'
import { judgeSkew, TESTED_SERVERS } from '../../../../src/core/status/skew.ts'

test('this suite is written for the servers of this build', () => expect(TESTED_SERVERS).toEqual(['1.21.1']))

describe('keyroller', () => {
  test.each([
    ['1.21.1', 'same'],
    ['1.21.1+ent', 'same'],
    ['v1.21.1', 'same'],
    ['1.21.7', 'patch'],
    ['1.20.4', 'untested'],
    ['2.4.1', 'untested'],
    ['1.21', 'unknown'],
    ['', 'unknown'],
  ])('and a server %s: %s', (server, verdict) => {
    expect(judgeSkew(server, '0.1.0', [])).toMatchObject([
      { subject: 'keyroller', version: '0.1.0', verdict },
    ])
  })

  test('says what it was tested with', () => {
    expect(judgeSkew('1.20.4', '0.1.0', [])[0]?.message).toBe('tested with 1.21.1, server is 1.20.4')
    expect(judgeSkew(undefined, '0.1.0', [])[0]).toEqual({
      subject: 'keyroller',
      version: '0.1.0',
      verdict: 'unknown',
      message: 'tested with 1.21.1, server unknown',
    })
  })
})

describe('an agent', () => {
  test.each([
    ['1.21.1', '1.21.1', 'same'],
    ['1.21.1', '1.21.1-beta1', 'same'],
    ['1.21.1', '1.21.3', 'patch'],
    ['1.21.1', '1.20.4', 'minor'],
    ['1.21.1', '2.0.0', 'major'],
    ['1.21.1', undefined, 'unknown'],
    [undefined, '1.21.1', 'unknown'],
    ['nonsense', '1.21.1', 'unknown'],
  ])('%s and a server %s: %s', (version, server, verdict) => {
    const agent = { binary: '/usr/bin/vault', ...(version === undefined ? {} : { version }) }
    expect(judgeSkew(server, '0.1.0', [agent])[1]).toEqual({
      subject: '/usr/bin/vault',
      version: version ?? 'unknown',
      verdict,
      message: `agent is ${version ?? 'unknown'}, server is ${server ?? 'unknown'}`,
    })
  })

  test('each has its line, in the order given', () => {
    const agents = ['/usr/bin/vault', '/usr/bin/bao'].map((binary) => ({ binary, version: '1.21.1' }))
    expect(judgeSkew('1.21.1', '0.1.0', agents).map(({ subject }) => subject)).toEqual([
      'keyroller',
      '/usr/bin/vault',
      '/usr/bin/bao',
    ])
  })
})
