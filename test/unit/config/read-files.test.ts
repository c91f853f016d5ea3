import { describe, expect, test } from 'vitest'
import { certificate, IDENTITY, load, PKI, problems, SOUND, VAULT } from './written.ts'

describe('drop-ins', () => {
  const base = VAULT + PKI

  test('come after the main file, in lexical order: the last word of a section wins, key by key', () => {
    const config = load(`${base}[renewal]\nconcurrency = 1\nspread = "0"\n`, {
      'keyroller.d/20-b.toml': '[renewal]\nconcurrency = 3\n',
      'keyroller.d/10-a.toml': '[renewal]\nconcurrency = 2\nrun_timeout = "1m"\n',
    })
    expect(config.renewal).toEqual({
      spread: 0,
      concurrency: 3,
      maxParallel: 1,
      runTimeoutMs: 60_000,
      lookEveryMs: 86_400_000,
      checkRevocation: false,
    })
  })

  test('add materials, in the order of the files', () => {
    const { materials } = load(base, {
      'keyroller.d/10-web.toml': certificate(),
      'keyroller.d/00-agent.toml': IDENTITY,
      'keyroller.d/20-api.toml': certificate('files = { key = "/a.key", cert = "/a.pem" }').replace(
        'web]',
        'api]',
      ),
    })
    expect(materials.map(({ id }) => id)).toEqual(['identity/agent', 'certificate/web', 'certificate/api'])
  })

  test('only *.toml is read, nothing hidden', () => {
    const broken = 'this is no TOML'
    const dropIns = {
      'keyroller.d/README': broken,
      'keyroller.d/10-web.toml.rpmsave': broken,
      'keyroller.d/.10-web.toml.swp': broken,
      'keyroller.d/.hidden.toml': broken,
    }
    expect(problems(SOUND, dropIns)).toEqual([])
  })

  test('a problem names the file its key stands in', () => {
    const dropIns = {
      'keyroller.d/10-web.toml': certificate('ttl = 1').replace('web]', 'api]'),
      'keyroller.d/20-vault.toml': '[vault]\ntimeout = "x"\n[pki]\nmont = "pki"\n',
    }
    expect(problems(SOUND, dropIns)).toEqual([
      'keyroller.d/20-vault.toml: vault.timeout: expected a duration of at most 1d, like 30s, found "x"',
      'keyroller.d/20-vault.toml: pki.mont: expected a known key, found mont, which is none',
      'keyroller.d/10-web.toml: certificate.api.ttl: expected a duration like 30s, 72h or 30d, found 1',
    ])
  })

  test('one name in two files is a mistake, of whichever kind', () => {
    const dropIns = { 'keyroller.d/a.toml': certificate(), 'keyroller.d/b.toml': IDENTITY + certificate() }
    expect(problems(SOUND, dropIns)).toEqual([
      'keyroller.d/a.toml: certificate.web: expected each name once, found it in keyroller.toml too',
      'keyroller.d/b.toml: identity.agent: expected each name once, found it in keyroller.toml too',
      'keyroller.d/b.toml: certificate.web: expected each name once, found it in keyroller.toml too',
    ])
  })

  test('an identity and a certificate may share one', () => {
    const twin = certificate('identity = "web"').replace('.web]', '.web]')
    expect(problems(base, { 'keyroller.d/a.toml': IDENTITY.replace('agent]', 'web]') + twin })).toEqual([])
  })
})
