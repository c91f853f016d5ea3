/** What is observed is told in plans, status and log: no key and no password may be in it. */
import { createPrivateKey } from 'node:crypto'
import { unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Observation } from '../../../../src/core/facts.ts'
import type { FileSpec } from '../../../../src/core/file-spec.ts'
import { fileForm } from '../../../../src/run/observing/file-form.ts'
import { observeFacts, readParts } from '../../../../src/run/observing/observe.ts'
import { renderFile } from '../../../../src/x509/render-file.ts'
import type { Pair } from '../../../rig/openssl-authority.ts'
import { makePairs, type Pairs, type PlantedHost, plantHost } from '../planted-host.ts'
import { file, type SmallHost } from '../small-host.ts'

let pairs: Pairs
let pair: Pair
beforeAll(async () => {
  pairs = await makePairs()
  pair = pairs.pair
})

let planted: PlantedHost
let root: string
let small: SmallHost
let keyPath: string
let fullchainPath: string
beforeEach(async () => {
  planted = await plantHost(pairs)
  ;({ root, small, keyPath, fullchainPath } = planted)
})
afterEach(() => planted.remove())

test('the password of a PKCS#12 file is in no observation, and its bytes are compared with it', () => {
  const passwordFile = join(root, 'password')
  writeFileSync(passwordFile, 'correct horse', { mode: 0o600 })
  const spec: FileSpec = {
    ...file('pkcs12', join(root, 'app/app.p12')),
    pkcs12: { passwordFile, name: 'app' },
  }
  const material = { ...small.certificate, files: [...small.certificate.files, spec] }
  const parts = readParts(material, small.host, Date.now())
  if (!parts) throw new Error('no parts')
  writeFileSync(spec.path, renderFile(fileForm(spec, small.host.uid), parts), { mode: 0o600 })
  const facts = observeFacts(material, undefined, small.host, Date.now())
  expect(facts.files[2]).toMatchObject({ state: 'present', content: 'current' })
  expect(JSON.stringify(facts)).not.toContain('horse')
  unlinkSync(passwordFile)
  expect(observeFacts(material, undefined, small.host, Date.now()).files[2]).toMatchObject({
    content: 'unknown',
    unwritable: { code: 'config-missing' },
  })
})

describe('no byte of a key is in an observation', () => {
  const pem = () => pair.keyPem
  const encrypted = () =>
    createPrivateKey(pair.keyPem)
      .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
      .toString()
  const sec1 = () => createPrivateKey(pair.keyPem).export({ type: 'sec1', format: 'pem' }).toString()
  test.each<[string, () => string, () => string]>([
    ['of a good key', pem, () => ''],
    ['of an encrypted key', encrypted, () => ''],
    ['of a key as SEC1', sec1, () => ''],
    ['of a key without its frame', () => body(pair.keyPem), () => ''],
    ['of a key with a word in front', () => `key:${pair.keyPem}`, () => ''],
    ['of a key cut off', () => pair.keyPem.slice(0, -40), () => ''],
    ['of a key on one line', () => pair.keyPem.replaceAll('\n', ' '), () => ''],
    [
      'of a key whose label is part of it',
      () => `-----BEGIN ${body(pair.keyPem).slice(0, 30)}-----`,
      () => '',
    ],
    ['of a key called a certificate', () => pair.keyPem.replaceAll('PRIVATE KEY', 'CERTIFICATE'), () => ''],
    ['of a key that follows the certificate', pem, () => pair.certPem + pair.keyPem],
    ['of a key in place of the certificate', pem, () => pair.keyPem],
    ['of a bare key after the certificate', pem, () => pair.certPem + body(pair.keyPem)],
  ])('%s', (_, key, certificate) => {
    writeFileSync(keyPath, key())
    if (certificate() !== '') writeFileSync(fullchainPath, certificate())
    expect(leaksOf(key() + certificate(), planted.observeAll())).toEqual([])
  })

  test('whatever character of it is damaged', { timeout: 60_000 }, () => {
    const leaks = Array.from(pair.keyPem).flatMap((_, place) => {
      writeFileSync(keyPath, `${pair.keyPem.slice(0, place)}!${pair.keyPem.slice(place + 1)}`)
      return leaksOf(pair.keyPem, planted.observeAll())
    })
    expect(leaks).toEqual([])
  })

  test('the search for leaks finds one', () => {
    const observation = { ...planted.observeAll(), hostId: `x${body(pair.keyPem).slice(5, 25)}x` }
    expect(leaksOf(pair.keyPem, observation)).not.toEqual([])
  })
})

/** The base64 of a PEM text without its frame. */
function body(keyPem: string): string {
  return keyPem.replaceAll(/-----[A-Z ]+-----|\n/g, '')
}

/** Every stretch of eight characters of the secret that a published form of the observation holds. */
function leaksOf(secret: string, observation: Observation): string[] {
  const text = JSON.stringify(observation, (_, value) => (value instanceof Map ? [...value] : value))
  const bytes = body(
    secret.replaceAll(pair.certPem, '').replaceAll('PRIVATE KEY', '').replaceAll('CERTIFICATE', ''),
  )
  const stretches = Array.from({ length: Math.max(0, bytes.length - 7) }, (_, at) => bytes.slice(at, at + 8))
  return stretches.filter((stretch) => /^[A-Za-z0-9+/]{8}$/.test(stretch) && text.includes(stretch))
}
