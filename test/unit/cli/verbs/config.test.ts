import { describe, expect, test } from 'vitest'
import { stage } from '../stage.ts'

describe('config', () => {
  test('check: sound', async () => {
    const { keyroller } = await stage()
    expect(await keyroller('config check')).toEqual({
      exit: 0,
      stdout: 'ok: 1 identity, 1 certificate\n',
      stderr: '',
    })
    expect(JSON.parse((await keyroller('config check --json')).stdout)).toEqual({ valid: true, problems: [] })
  })

  test('check: what this host cannot use', async () => {
    const { keyroller, configure } = await stage()
    configure((text) =>
      text
        .replace('[certificate.web]', '[certificate.web]\nowner = "nobody-knows"')
        .replace('[pki]\n', '[pki]\n# none\n')
        .replace('trust_file = "', 'trust_file = "/nonexistent'),
    )
    const { exit, stdout } = await keyroller('config check')
    expect(exit).toBe(3)
    expect(stdout.split('\n')).toEqual([
      '~/web.key: certificate.web.files.key: expected an owner and group this host knows, found no account nobody-knows',
      '~/web.pem: certificate.web.files.fullchain: expected an owner and group this host knows, found no account nobody-knows',
      '/nonexistent~/root.pem: pki.trust_file: expected a usable CA file, found expected a readable file, found ENOENT at /nonexistent~/root.pem',
      '',
    ])
    expect((await keyroller('config check --no-host')).exit).toBe(0)
  })

  test('check: problems as JSON', async () => {
    const { keyroller, configure } = await stage()
    configure((text) => text.replace('spread = "0"', 'spread = 0'))
    const { exit, stdout } = await keyroller('config check --json')
    expect(exit).toBe(3)
    expect(JSON.parse(stdout)).toEqual({
      valid: false,
      problems: [
        {
          file: '~/keyroller.toml',
          at: 'renewal.spread',
          expected: 'a fraction between 0 and 1/4, like 1/20',
          found: '0',
        },
      ],
    })
  })

  test('schema: JSON, without any configuration', async () => {
    const { keyroller } = await stage()
    const { exit, stdout } = await keyroller('config schema', { bare: true })
    expect(exit).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ title: 'keyroller configuration' })
  })
})
